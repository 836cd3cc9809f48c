-- The newest poll that the timeline has heard of, the claimed marks included.
with

claimed as (
    select max(until) as newest_poll_at
    from timeline_mark
    where batch = any(:'batches'::uuid[]) and until < 'infinity'
)

select greatest(s.newest_poll_at, c.newest_poll_at) as newest_poll_at
from timeline_state as s
cross join claimed as c
