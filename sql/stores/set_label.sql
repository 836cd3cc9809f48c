-- Set one label of many stores. A store that has this value already is not changed.
insert into store_label (store_id, name, value)
select
    s.store_id,
    :'label_name'::text as name,
    :'label_value'::text as value
from store as s
where s.store_id = any(:'store_ids'::text[])
order by s.store_id
on conflict (store_id, name) do update
    set value = excluded.value
    where store_label.value != excluded.value
