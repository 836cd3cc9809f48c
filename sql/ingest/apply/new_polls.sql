-- Polls of instants that were not known yet. They were gathered in the order of their
-- key, which makes both the writing and the later reading cheaper.
insert into poll (store_id, observed_at, is_active)
select
    store_id,
    observed_at,
    is_active
from incoming_poll
where was_active is null
