-- Rule 9: up, down and unobserved time of a date are its business time.
with

periods as (
    select
        store_id,
        day,
        sum(ends_at - starts_at) as length
    from timeline
    group by store_id, day
),

sessions as (
    select
        store_id,
        day,
        sum(closes_at - opens_at) as length
    from work_session
    where is_due
    group by store_id, day
)

select
    s.store_id,
    s.day,
    p.store_id as period_store_id,
    p.day as period_day,
    p.length as in_periods,
    s.length as in_sessions
from sessions as s
full join periods as p on s.store_id = p.store_id and s.day = p.day
where p.length is distinct from s.length
