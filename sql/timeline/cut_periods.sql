-- Rules 4 to 6: cut each due session into periods of one status. A poll starts a period
-- if its status differs from the poll before. The time from the opening to the first
-- poll has the first poll's status. But in a session that follows on another one, as at
-- midnight, it has the status of the last evidence before the opening. So does all of a
-- session without a poll. Evidence that is older than the carry limit does not count.
-- The polls of an unsettled store are no evidence: nobody knows when it is open.
insert into timeline (store_id, day, starts_at, ends_at, is_up)
with

changes as (
    select
        s.store_id,
        s.day,
        s.opens_at,
        s.closes_at,
        s.is_due,
        s.follows_on,
        e.observed_at,
        e.is_active
    from work_session as s
    left join lateral (
        select
            p.observed_at,
            p.is_active,
            lag(p.is_active) over (order by p.observed_at) as was_active
        from poll as p
        where
            not s.is_unsettled
            and p.store_id = s.store_id
            and p.observed_at >= s.opens_at
            and p.observed_at < s.closes_at
    ) as e on e.is_active is distinct from e.was_active
),

periods as (
    select
        store_id,
        day,
        is_due,
        opens_at,
        observed_at,
        is_active,
        coalesce(lead(observed_at) over session, closes_at) as ends_at,
        lag(observed_at) over session is null as is_first,
        follows_on
        and lag(observed_at) over session is null
        and observed_at > opens_at as follows_on_evidence,
        max(closes_at) filter (where observed_at is not null) over earlier_sessions
            as last_evidence_before
    from changes
    window
        session as (partition by store_id, opens_at order by observed_at),
        earlier_sessions as (
            partition by store_id order by opens_at
            groups between unbounded preceding and 1 preceding
        )
),

carried_periods as (
    select
        p.*,
        carried.is_active as was_active
    from periods as p
    left join lateral (
        select e.is_active
        from poll as e
        where
            (p.observed_at is null or p.follows_on_evidence)
            and e.store_id = p.store_id
            and e.observed_at >= p.opens_at - :'carry'::interval
            and e.observed_at < p.last_evidence_before
        order by e.observed_at desc
        limit 1
    ) as carried on true
    where p.is_due
)

-- Where the first poll differs from the evidence before, there are two periods.
select
    p.store_id,
    p.day,
    case
        when p.is_first and part.is_carried is not false then p.opens_at
        else p.observed_at
    end as starts_at,
    case when part.is_carried then p.observed_at else p.ends_at end as ends_at,
    case
        when p.observed_at is null or part.is_carried then p.was_active
        else p.is_active
    end as is_up
from carried_periods as p
left join (values (true), (false)) as part (is_carried)
    on p.observed_at is not null and p.was_active != p.is_active
