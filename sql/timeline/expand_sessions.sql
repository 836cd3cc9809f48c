-- Rules 1 to 3: the sessions of the due dates, and of the days before whose evidence
-- may be carried to them (rule 6). The latter are only read, not cut again.
--
-- Stores of one zone with the same week and the same due dates have the same sessions,
-- so only one of them is expanded: the stand-in of the others. A store with special
-- hours has its own.
create temporary table work_session on commit drop as
with

-- One store may be due, or all; the hours of the others are not read.
due_stores as (
    select
        d.store_id,
        s.zone,
        d.days,
        (
            select
                string_agg(
                    b.weekday || ' ' || b.starts || ' ' || b.ends, ','
                    order by b.weekday, b.starts, b.ends
                )
            from business_hours as b
            where b.store_id = d.store_id
        ) as week,
        case
            when
                exists (
                    select from special_hours as x
                    where x.store_id = d.store_id
                )
                then d.store_id
        end as has_its_own,
        (
            select count(*) > 0
            from unsettled as u
            where u.store_id = d.store_id
        ) as is_unsettled
    from (
        select
            store_id,
            range_agg(daterange(day, day + 1)) as days
        from due_day
        group by store_id
    ) as d
    inner join store as s on d.store_id = s.store_id
),

stand_ins as materialized (
    select
        store_id,
        is_unsettled,
        min(store_id) over (partition by zone, week, days, has_its_own) as stand_in
    from due_stores
),

expanded_stores as materialized (
    select distinct stand_in as store_id
    from stand_ins
),

needed_days as (
    select
        d.store_id,
        d.day - n as day,
        bool_or(n = 0) as is_due
    from expanded_stores as e
    inner join due_day as d on e.store_id = d.store_id
    cross join generate_series(0, :'lead_days'::integer) as n
    group by d.store_id, d.day - n
),

dates as (
    select
        d.store_id,
        d.day,
        d.is_due,
        s.zone,
        special.date is not null as is_special,
        special_before.date is not null as follows_special
    from needed_days as d
    inner join store as s on d.store_id = s.store_id
    left join special_hours as special
        on d.store_id = special.store_id and d.day = special.date
    left join special_hours as special_before
        on d.store_id = special_before.store_id and d.day - 1 = special_before.date
),

hours as materialized (
    select
        b.store_id,
        b.weekday,
        b.starts,
        b.ends
    from business_hours as b
    inner join expanded_stores as d on b.store_id = d.store_id
),

specials as materialized (
    select
        x.store_id,
        x.date,
        x.starts,
        x.ends
    from special_hours as x
    inner join expanded_stores as d on x.store_id = d.store_id
),

-- The rows of each store, with the weekday that they open on. A store has the rows of
-- its week, or one row for each weekday if it is always open. Special hours add the
-- rows of their date; a closed date has none.
openings as not materialized (
    select
        store_id,
        weekday,
        null::date as date,
        starts,
        ends
    from hours
    union all
    select
        s.store_id,
        weekday,
        null as date,
        '00:00' as starts,
        '24:00' as ends
    from expanded_stores as s
    cross join generate_series(0, 6) as weekday
    where
        not exists (
            select from hours as b
            where b.store_id = s.store_id
        )
    union all
    select
        x.store_id,
        extract(isodow from x.date)::integer - 1 as weekday,
        x.date,
        opening.starts,
        opening.ends
    from specials as x
    cross join lateral unnest(x.starts, x.ends) as opening (starts, ends)
),

-- The same, cut at midnight; an end at 23:59 or later is midnight.
shifts as (
    select
        store_id,
        weekday,
        date,
        false as is_night_before,
        starts,
        case when ends >= '23:59' or ends <= starts then '24:00' else ends end
            as ends
    from openings
    union all
    select
        store_id,
        (weekday + 1) % 7 as weekday,
        date + 1 as date,
        true as is_night_before,
        '00:00' as starts,
        ends
    from openings
    where ends <= starts and ends < '23:59'
),

-- On a special date the hours of the weekday do not apply. `offset 0` keeps the planner
-- from converting each wall-clock time more than once.
instants as (
    select
        d.store_id,
        d.day,
        d.is_due,
        (d.day + h.starts) at time zone d.zone as opens_at,
        (d.day + h.ends) at time zone d.zone as closes_at,
        (d.day + time '00:00') at time zone d.zone as day_starts_at,
        (d.day + time '24:00') at time zone d.zone as day_ends_at
    from dates as d
    inner join shifts as h
        on
            d.store_id = h.store_id
            and h.weekday = extract(isodow from d.day)::integer - 1
            and case
                when h.date is not null then d.day = h.date
                when h.is_night_before then not d.follows_special
                else not d.is_special
            end
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
),

followed as (
    select
        store_id,
        day,
        is_due,
        lower(session) as opens_at,
        upper(session) as closes_at,
        -- Rule 5 asks whether another session ends at the instant of the opening.
        lower(session) = lag(upper(session)) over (
            partition by store_id order by lower(session)
        ) as follows_on
    from sessions
)

select
    i.store_id,
    f.day,
    f.is_due,
    f.opens_at,
    f.closes_at,
    f.follows_on,
    i.is_unsettled
from stand_ins as i
inner join followed as f on i.stand_in = f.store_id
order by i.store_id, f.opens_at
