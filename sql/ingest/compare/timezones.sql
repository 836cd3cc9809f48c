-- The zones in the file, compared with the known zones of the same stores. If two rows
-- have the same store, the later row wins.
create unlogged table incoming_timezone as
with

latest as (
    select distinct on (store_id)
        store_id,
        timezone
    from timezones_row
    where reason is null
    order by store_id asc, position desc
)

select
    l.store_id,
    l.timezone,
    s.timezone as was_timezone
from latest as l
left join store as s on l.store_id = s.store_id
