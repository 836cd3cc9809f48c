-- A store's business time from since to until, and how much of it was up, down and
-- unobserved, in seconds, by weekday (0 is Monday) and hour of the local clock: all
-- 168 of them (rules 7 to 10). Sessions on dates that the timeline does not cover are
-- handed in.
with

periods as (
    select
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
        is_up,
        greatest(starts_at, :'since'::timestamptz) as starts_at,
        least(ends_at, :'until'::timestamptz) as ends_at
    from periods
    where
        starts_at < :'until'::timestamptz and ends_at > :'since'::timestamptz
),

zones as (
    select coalesce(timezone, 'America/Chicago') as timezone
    from store
    where store_id = :'store_id'
),

-- Every zone's hours begin at quarters of an hour of UTC, but clocks have been
-- changed at odd minutes; a quarter in which one was is read minute by minute.
quarters as (
    select
        p.is_up,
        p.starts_at,
        p.ends_at,
        z.timezone,
        q.begins_at,
        case
            when
                (q.begins_at + interval '15 minutes') at time zone z.timezone
                = (q.begins_at at time zone z.timezone) + interval '15 minutes'
                then interval '15 minutes'
            else interval '1 minute'
        end as step
    from parts as p
    cross join zones as z
    cross join generate_series(
        date_bin('15 minutes', p.starts_at, timestamptz '2000-01-01 00:00Z'),
        p.ends_at - interval '1 microsecond',
        '15 minutes'
    ) as q (begins_at)
),

pieces as (
    select
        q.is_up,
        s.begins_at at time zone q.timezone as local_time,
        least(q.ends_at, s.begins_at + q.step)
        - greatest(q.starts_at, s.begins_at) as length
    from quarters as q
    cross join
        generate_series(
            q.begins_at, q.begins_at + interval '14 minutes', q.step
        ) as s (begins_at)
    where s.begins_at < q.ends_at and s.begins_at + q.step > q.starts_at
),

sums as (
    select
        w.weekday,
        h.hour,
        extract(epoch from coalesce(sum(p.length), '0')) as business,
        extract(epoch from coalesce(sum(p.length) filter (where p.is_up), '0')) as up,
        extract(epoch from coalesce(sum(p.length) filter (where not p.is_up), '0'))
            as down
    from generate_series(0, 6) as w (weekday)
    cross join generate_series(0, 23) as h (hour)
    left join pieces as p
        on
            w.weekday = extract(isodow from p.local_time) - 1
            and h.hour = extract(hour from p.local_time)
    group by w.weekday, h.hour
)

select
    weekday,
    hour,
    business::float as business_seconds,
    up::float as up_seconds,
    down::float as down_seconds,
    (business - up - down)::float as unobserved_seconds,
    round(100 * up / nullif(up + down, 0), 2)::float as uptime_percent
from sums
order by weekday asc, hour asc
