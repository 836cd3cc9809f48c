-- Into an empty table the polls go faster without a key.
alter table poll drop constraint poll_pkey
