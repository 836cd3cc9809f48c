-- The newest poll that is not ahead of the clock, which `now` is.
select max(last_seen_at) as newest_poll_at
from store
where last_seen_at <= :'now'::timestamptz
