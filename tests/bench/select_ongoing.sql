-- The last period of each store that is down at the newest poll.
select
    p.store_id,
    p.starts_at,
    p.ends_at
from store as s
cross join timeline_state as n
cross join lateral (
    select
        t.store_id,
        t.starts_at,
        t.ends_at,
        t.is_up
    from timeline as t
    where
        t.store_id = s.store_id
        and t.ends_at < n.newest_poll_at + interval '2 days'
        and t.starts_at < n.newest_poll_at
    order by t.ends_at desc
    limit 1
) as p
where not p.is_up
