-- Give the labels that are known their new values.
update store_label as l
set value = i.value
from incoming_label as i
where
    l.store_id = i.store_id
    and l.name = i.name
    and i.was_value != i.value
