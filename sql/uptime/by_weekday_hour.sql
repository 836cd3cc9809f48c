-- A store's business time in the range, and how much of it was up, down, unobserved and
-- excused, in seconds (rules 7 to 10), by weekday (0 is Monday) and hour of the local
-- clock. The result always has all 168 rows.
with

-- The hours of every zone begin at quarters of an hour of UTC. But some clock changes
-- were at odd minutes, so a quarter with a clock change is split into minutes.
quarters as (
    select
        p.is_up,
        p.is_excused,
        p.starts_at,
        p.ends_at,
        s.zone,
        q.begins_at,
        case
            when
                (q.begins_at + interval '15 minutes') at time zone s.zone
                = (q.begins_at at time zone s.zone) + interval '15 minutes'
                then interval '15 minutes'
            else interval '1 minute'
        end as step
    from range_period as p
    cross join store as s
    cross join
        generate_series(
            date_bin('15 minutes', p.starts_at, timestamptz '2000-01-01 00:00Z'),
            p.ends_at - interval '1 microsecond',
            '15 minutes'
        ) as q (begins_at)
    where s.store_id = :'store_id'
),

pieces as (
    select
        q.is_up,
        q.is_excused,
        s.begins_at at time zone q.zone as local_time,
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
        extract(
            epoch from
            coalesce(sum(p.length) filter (where p.is_up and not p.is_excused), '0')
        ) as up,
        extract(
            epoch from
            coalesce(
                sum(p.length) filter (where not p.is_up and not p.is_excused), '0'
            )
        ) as down,
        extract(epoch from coalesce(sum(p.length) filter (where p.is_excused), '0'))
            as excused
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
    (business - up - down - excused)::float as unobserved_seconds,
    excused::float as excused_seconds,
    round(100 * up / nullif(up + down, 0), 2)::float as uptime_percent
from sums
order by weekday asc, hour asc
