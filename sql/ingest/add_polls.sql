-- Polls of instants that were not known yet, in the order of their key.
insert into poll (store_id, observed_at, is_active)
select
    store_id,
    observed_at,
    is_active
from incoming_poll
where was_active is null
order by store_id, observed_at
