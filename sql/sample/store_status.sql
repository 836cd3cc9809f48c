-- The polls of the sample: in each third of an hour a store is polled once or not at
-- all, at a random microsecond. A poll within an outage finds the store inactive. The
-- active polls come first, as in the real file. The third last date has no polls.
with

outage_draws as (
    select
        s.number,
        s.is_dying,
        s.outages_in_128_days,
        date '2023-01-26' - d.days_back as day,
        hashint8extended(d.days_back, s.outage_key) as draw
    from sample_store as s
    -- An outage that began in the week before may last into the sample.
    cross join generate_series(1, :'days'::integer + 7) as d (days_back)
    where s.has_polls
    offset 0  -- noqa: AM09
),

-- A dying store is down for one to seven days, others mostly for a few hours.
-- The power uses numerics, because powers of floats may differ between machines.
outages as (
    select
        number,
        day + (draw >> 10 & 1023) * interval '84.375 seconds' as begins_at,
        case
            when is_dying then 24 + 144 * (draw >> 20 & 1023) / 1024.0
            else 0.5 + 40 * ((draw >> 20 & 1023) / 1024.0) ^ 3
        end * interval '1 hour' as length
    from outage_draws
    where draw & 127 < outages_in_128_days
),

spells as (
    select
        number,
        range_agg(tsrange(begins_at, begins_at + length)) as down
    from outages
    group by number
),

-- Without `offset 0` the planner would compute each draw more than once.
poll_draws as (
    select
        s.number,
        s.store_id,
        s.polls_in_1024_thirds,
        date '2023-01-26' - d.days_back as day,
        t.third,
        hashint8extended(d.days_back * 72 + t.third, s.poll_key) as draw
    from sample_store as s
    cross join generate_series(1, :'days'::integer) as d (days_back)
    cross join generate_series(0, 71) as t (third)
    where s.has_polls and d.days_back <> 3
    offset 0  -- noqa: AM09
),

polls as (
    select
        number,
        store_id,
        day
        + third * interval '20 minutes'
        + (draw >> 10 & 1099511627775) % 1200000000 * interval '1 microsecond'
            as observed_at
    from poll_draws
    where draw & 1023 < polls_in_1024_thirds
    offset 0  -- noqa: AM09
),

statuses as (
    select
        p.store_id,
        p.observed_at,
        coalesce(p.observed_at <@ s.down, false) as is_inactive
    from polls as p
    left join spells as s on p.number = s.number
    offset 0  -- noqa: AM09
)

select
    store_id,
    case when is_inactive then 'inactive' else 'active' end as status,
    observed_at || ' UTC' as timestamp_utc
from statuses
-- Sorting by one expression instead of two takes half the time. So inactive polls are
-- moved a thousand years ahead.
order by
    case when is_inactive then observed_at + interval '1000 years' else observed_at end,
    store_id
