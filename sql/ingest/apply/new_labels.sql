-- Add the labels that are not known yet, in the order of the key.
insert into store_label (store_id, name, value)
select
    store_id,
    name,
    value
from incoming_label
where was_value is null
order by store_id, name
