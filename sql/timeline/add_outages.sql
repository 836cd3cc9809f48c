-- Rule 11: an outage is a run of down periods. It ends where another period follows, or
-- a session of a date that the timeline does not cover, which is unobserved. Until then
-- (followed_at) it is ongoing. The time between its end and then is closed.
insert into outage (store_id, starts_at, ends_at, followed_at, down)
with

uncovered as (
    select
        d.store_id,
        d.starts_at,
        min(s.opens_at) as opens_at
    from down_period as d
    inner join due_day as g
        on
            d.store_id = g.store_id
            and d.day < g.day
            and coalesce(d.next_day, 'infinity') > g.day
    inner join work_session as s on g.store_id = s.store_id and g.day = s.day
    group by d.store_id, d.starts_at
),

periods as (
    select
        d.store_id,
        d.starts_at,
        d.ends_at,
        d.is_last or u.opens_at is not null as is_last,
        coalesce(u.opens_at, d.next_starts_at, 'infinity') as followed_at
    from down_period as d
    left join uncovered as u
        on d.store_id = u.store_id and d.starts_at = u.starts_at
),

numbered as (
    select
        *,
        count(*) filter (where is_last) over (
            partition by store_id order by starts_at
            rows between unbounded preceding and 1 preceding
        ) as run
    from periods
)

select
    store_id,
    min(starts_at) as starts_at,
    max(ends_at) as ends_at,
    max(followed_at) as followed_at,
    sum(ends_at - starts_at) as down
from numbered
group by store_id, run
