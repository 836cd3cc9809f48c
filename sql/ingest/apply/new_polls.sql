-- Add the polls of new instants. incoming_poll is in the order of the key, which makes
-- both writing and later reading faster.
insert into poll (store_id, observed_at, is_active, reason)
select
    store_id,
    observed_at,
    is_active,
    reason
from incoming_poll
where was_active is null
