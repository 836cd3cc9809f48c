-- Figures of the whole installation: marks that wait for a refresh, unsettled stores,
-- the size of the database.
select
    (select count(*) from timeline_mark) as marks,
    (select count(distinct u.store_id) from unsettled as u) as unsettled,
    pg_database_size(current_database()) as database_bytes
