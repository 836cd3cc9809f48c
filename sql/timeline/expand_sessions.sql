-- Rules 1 to 3: the sessions of the due dates, and of the days before each whose
-- evidence may speak for it (rule 6). Those are only looked at, not cut anew.
create temporary table work_session on commit drop as
with

needed_days as (
    select distinct
        d.store_id,
        d.day - n as day
    from due_day as d
    cross join generate_series(0, :'lead_days'::integer) as n
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

-- `limit 1` keeps each wall-clock time from being read more than once.
stretches as (
    select
        d.store_id,
        d.day,
        greatest(wall.opens_at, wall.day_starts_at) as opens_at,
        least(wall.closes_at, wall.day_ends_at) as closes_at
    from needed_days as d
    inner join zones as z on d.store_id = z.store_id
    inner join shifts as h
        on
            d.store_id = h.store_id
            and h.weekday = extract(isodow from d.day)::integer - 1
    cross join lateral (
        select
            (d.day + h.starts) at time zone z.timezone as opens_at,
            (d.day + h.ends) at time zone z.timezone as closes_at,
            (d.day + time '00:00') at time zone z.timezone as day_starts_at,
            (d.day + time '24:00') at time zone z.timezone as day_ends_at
        limit 1  -- noqa: AM09
    ) as wall
),

sessions as (
    select
        store_id,
        day,
        unnest(range_agg(tstzrange(opens_at, closes_at))) as session
    from stretches
    where opens_at < closes_at
    group by store_id, day
)

select
    s.store_id,
    s.day,
    lower(s.session) as opens_at,
    upper(s.session) as closes_at,
    d.store_id is not null as is_due
from sessions as s
left join due_day as d on s.store_id = d.store_id and s.day = d.day
order by s.store_id, opens_at
