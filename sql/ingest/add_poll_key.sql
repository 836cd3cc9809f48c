-- The key of the polls, built in one go.
alter table poll add constraint poll_pkey primary key (store_id, observed_at)
