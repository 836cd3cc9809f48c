-- Rules 4 and 5: a poll inside a session has the status of the period it lies in.
-- `offset 0` makes the planner look up the polls and periods of each session by the
-- key, instead of comparing all polls of a store with all its sessions.
select
    s.store_id,
    p.observed_at,
    p.is_active,
    t.is_up
from work_session as s
cross join
    lateral (
        select
            e.observed_at,
            e.is_active
        from poll as e
        where
            e.store_id = s.store_id
            and e.observed_at >= s.opens_at
            and e.observed_at < s.closes_at
        offset 0  -- noqa: AM09
    ) as p
left join lateral (
    select
        n.starts_at,
        n.ends_at,
        n.is_up
    from timeline as n
    where
        n.store_id = s.store_id
        and n.ends_at > s.opens_at
        and n.ends_at <= s.closes_at
    offset 0  -- noqa: AM09
) as t on p.observed_at >= t.starts_at and p.observed_at < t.ends_at
where s.is_due and not s.is_unsettled and t.is_up is distinct from p.is_active
