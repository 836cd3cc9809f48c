-- The zones that the file brings, beside what is known of the same stores. Of two
-- rows for one store the later wins.
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
