-- The table of the polls that stores/ingest/plain_polls.py reads. They are valid. Each
-- run of rows is in the order of the key, and has a store and instant only once.
create unlogged table plain_poll as
select
    null::timestamptz as observed_at,
    null::bigint as record,
    null::boolean as is_active,
    null::text collate "C" as store_id
where false
