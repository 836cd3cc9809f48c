-- The names in the file, compared with the known names of the same stores. If two rows
-- have the same store, the later row wins.
create unlogged table incoming_name as
with

latest as (
    select distinct on (store_id)
        store_id,
        display_name
    from names_row
    where reason is null
    order by store_id asc, position desc
)

select
    l.store_id,
    l.display_name,
    s.display_name as was_name
from latest as l
left join store as s on l.store_id = s.store_id
