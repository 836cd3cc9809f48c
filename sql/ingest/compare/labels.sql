-- The labels in the file, compared with the known labels of the same stores. If two
-- rows have the same store and name, the later row wins.
create unlogged table incoming_label as
with

latest as (
    select distinct on (store_id, name)
        store_id,
        name,
        value
    from labels_row
    where reason is null
    order by store_id asc, name asc, position desc
)

select
    f.store_id,
    f.name,
    f.value,
    l.value as was_value
from latest as f
left join store_label as l on f.store_id = l.store_id and f.name = l.name
