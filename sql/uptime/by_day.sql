-- A store's business time from since to until, and how much of it was up, down and
-- unobserved, in seconds: first in all (without a day), then on each local date that
-- the range touches, closed ones included (rules 7 to 10). Sessions on dates that the
-- timeline does not cover, which are unobserved, are handed in.
with

periods as (
    select
        day,
        starts_at,
        ends_at,
        is_up
    from timeline
    where
        store_id = :'store_id'
        and ends_at > :'since'::timestamptz
        and ends_at < :'until'::timestamptz + interval '2 days'
    union all
    select
        u.day,
        u.opens_at as starts_at,
        u.closes_at as ends_at,
        null as is_up
    from
        unnest(
            :'days'::date[], :'opens_at'::timestamptz[], :'closes_at'::timestamptz[]
        ) as u (day, opens_at, closes_at)
    where
        not exists (
            select from timeline_day as c
            where c.day = u.day
        )
),

parts as (
    select
        day,
        is_up,
        least(ends_at, :'until'::timestamptz)
        - greatest(starts_at, :'since'::timestamptz) as length
    from periods
    where
        starts_at < :'until'::timestamptz and ends_at > :'since'::timestamptz
),

zones as (
    select coalesce(timezone, 'America/Chicago') as timezone
    from store
    where store_id = :'store_id'
),

days as (
    select d.day::date as day
    from zones as z
    cross join
        generate_series(
            (:'since'::timestamptz at time zone z.timezone)::date - 1,
            (:'until'::timestamptz at time zone z.timezone)::date + 1,
            '1 day'
        ) as d (day)
    where
        d.day::timestamp at time zone z.timezone < :'until'::timestamptz
        and (d.day::timestamp + interval '1 day') at time zone z.timezone
        > :'since'::timestamptz
),

sums as (
    select
        d.day,
        extract(epoch from coalesce(sum(p.length), '0')) as business,
        extract(epoch from coalesce(sum(p.length) filter (where p.is_up), '0')) as up,
        extract(epoch from coalesce(sum(p.length) filter (where not p.is_up), '0'))
            as down
    from days as d
    left join parts as p on d.day = p.day
    group by grouping sets ((), (d.day))
)

select
    day,
    business::float as business_seconds,
    up::float as up_seconds,
    down::float as down_seconds,
    (business - up - down)::float as unobserved_seconds,
    round(100 * up / nullif(up + down, 0), 2)::float as uptime_percent
from sums
order by day asc nulls first
