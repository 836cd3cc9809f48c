-- The periods of a store's last week.
select
    t.starts_at,
    t.ends_at,
    t.is_up
from timeline as t
cross join timeline_state as s
where
    t.store_id = %(store_id)s
    and t.ends_at > s.newest_poll_at - interval '7 days'
    and t.starts_at < s.newest_poll_at
order by t.ends_at
