-- Update the stores that have a newer poll than before.
update store as s
set last_seen_at = n.observed_at
from (
    select
        store_id,
        max(newest) as observed_at
    from incoming_poll_day
    group by store_id
) as n
where
    s.store_id = n.store_id
    and (s.last_seen_at is null or s.last_seen_at < n.observed_at)
