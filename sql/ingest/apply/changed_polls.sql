-- Update known polls whose status or reason differs in the file.
update poll as p
set is_active = i.is_active, reason = i.reason
from incoming_poll as i
where
    p.store_id = i.store_id
    and p.observed_at = i.observed_at
    and i.was_active is not null
    and (
        i.was_active != i.is_active
        or i.was_reason is distinct from i.reason
    )
