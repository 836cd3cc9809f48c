-- Rules 4 to 6: cut each due session into periods of one status. The first poll of a
-- session counts from the opening on. A later poll starts a period if its status
-- differs from the poll before. A session without a poll has the status of the last
-- evidence before it, unless that is older than the carry limit.
insert into timeline (store_id, day, starts_at, ends_at, is_up)
with

changes as (
    select
        s.store_id,
        s.day,
        s.opens_at,
        s.closes_at,
        s.is_due,
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
            p.store_id = s.store_id
            and p.observed_at >= s.opens_at
            and p.observed_at < s.closes_at
    ) as e on e.is_active is distinct from e.was_active
),

periods as (
    select
        store_id,
        day,
        is_due,
        observed_at is not null as has_evidence,
        is_active,
        case
            when lag(observed_at) over session is null then opens_at
            else observed_at
        end as starts_at,
        coalesce(lead(observed_at) over session, closes_at) as ends_at,
        opens_at - :'carry'::interval as carried_since,
        max(closes_at) filter (where observed_at is not null) over so_far
            as last_evidence_before
    from changes
    window
        session as (partition by store_id, opens_at order by observed_at),
        so_far as (partition by store_id order by opens_at)
)

select
    t.store_id,
    t.day,
    t.starts_at,
    t.ends_at,
    case when t.has_evidence then t.is_active else carried.is_active end as is_up
from periods as t
left join lateral (
    select p.is_active
    from poll as p
    where
        not t.has_evidence
        and p.store_id = t.store_id
        and p.observed_at >= t.carried_since
        and p.observed_at < t.last_evidence_before
    order by p.observed_at desc
    limit 1
) as carried on true
where t.is_due
