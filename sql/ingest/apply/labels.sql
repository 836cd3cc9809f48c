-- Store the labels that are new or have another value.
insert into store_label (store_id, name, value)
select
    store_id,
    name,
    value
from incoming_label
where was_value is distinct from value
order by store_id, name
on conflict (store_id, name) do update
    set value = excluded.value
