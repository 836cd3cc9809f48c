-- The newest poll that the timeline includes once the claimed marks are processed.
select greatest(s.newest_poll_at, m.newest_poll_at) as newest_poll_at
from timeline_state as s
cross join (select max(newest_poll_at) as newest_poll_at from marked_date) as m
