-- The length of all periods from then on, by status.
select
    t.is_up,
    sum(t.ends_at - t.starts_at) as length
from timeline as t
cross join timeline_state as s
where t.ends_at > %(since)s and t.starts_at < s.newest_poll_at
group by t.is_up
