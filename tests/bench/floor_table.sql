-- The table that the bare COPY of the status file fills: typed, indexed by the key of
-- the polls, and nothing else.
drop table if exists copied;
create table copied (
    store_id text collate "C",
    status text,
    timestamp_utc timestamptz,
    primary key (store_id, timestamp_utc)
)
