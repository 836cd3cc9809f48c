-- Update known polls whose status differs in the file.
update poll as p
set is_active = i.is_active
from incoming_poll as i
where
    p.store_id = i.store_id
    and p.observed_at = i.observed_at
    and i.was_active != i.is_active
