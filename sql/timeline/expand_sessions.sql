-- Rules 1 to 3: the sessions of the due dates, and of the days before each whose
-- evidence may speak for it (rule 6). Those are only looked at, not cut anew.
create temporary table work_session on commit drop as
with

needed_days as (
    select
        d.store_id,
        d.day - n as day,
        bool_or(n = 0) as is_due
    from due_day as d
    cross join generate_series(0, :'lead_days'::integer) as n
    group by d.store_id, d.day - n
),

zones as (
    select
        store_id,
        coalesce(timezone, 'America/Chicago') as timezone
    from store
),

-- A week of each store, cut at midnight; an end at 23:59 or later is midnight.
shifts as (
    select
        store_id,
        weekday,
        starts,
        case when ends >= '23:59' or ends <= starts then '24:00' else ends end
            as ends
    from business_hours
    union all
    select
        store_id,
        (weekday + 1) % 7 as weekday,
        '00:00' as starts,
        ends
    from business_hours
    where ends <= starts and ends < '23:59'
    union all
    select
        s.store_id,
        weekday,
        '00:00' as starts,
        '24:00' as ends
    from store as s
    cross join generate_series(0, 6) as weekday
    where
        not exists (
            select from business_hours as b
            where b.store_id = s.store_id
        )
),

-- `offset 0` keeps each wall-clock time from being read more than once.
instants as (
    select
        d.store_id,
        d.day,
        d.is_due,
        (d.day + h.starts) at time zone z.timezone as opens_at,
        (d.day + h.ends) at time zone z.timezone as closes_at,
        (d.day + time '00:00') at time zone z.timezone as day_starts_at,
        (d.day + time '24:00') at time zone z.timezone as day_ends_at
    from needed_days as d
    inner join zones as z on d.store_id = z.store_id
    inner join shifts as h
        on
            d.store_id = h.store_id
            and h.weekday = extract(isodow from d.day)::integer - 1
    offset 0  -- noqa: AM09
),

stretches as (
    select
        store_id,
        day,
        is_due,
        greatest(opens_at, day_starts_at) as opens_at,
        least(closes_at, day_ends_at) as closes_at
    from instants
),

sessions as (
    select
        store_id,
        day,
        is_due,
        unnest(range_agg(tstzrange(opens_at, closes_at))) as session
    from stretches
    where opens_at < closes_at
    group by store_id, day, is_due
)

select
    store_id,
    day,
    is_due,
    lower(session) as opens_at,
    upper(session) as closes_at
from sessions
order by store_id, opens_at
