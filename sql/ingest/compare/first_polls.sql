-- The polls in the file, if no poll is known yet.
create unlogged table incoming_poll as
select
    store_id,
    observed_at,
    is_active,
    reason,
    null::boolean as was_active,
    null::text as was_reason
from latest_poll
