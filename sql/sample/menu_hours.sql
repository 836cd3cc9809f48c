-- The business hours of the sample. Some stores are open all day, some until midnight,
-- some past midnight (cut there and written as two rows), the others in the daytime.
-- Some take a break, some are closed on one or more weekdays, and some close an hour
-- later before the weekend.
with

-- A list repeats common times, so that they are chosen more often.
choices as (
    select
        array[
            '11:00', '11:00', '11:00', '11:00', '11:00', '11:00', '11:00', '11:00',
            '10:00', '10:00', '10:00', '10:00', '06:00', '06:00', '06:00', '07:00',
            '07:00', '08:00', '08:00', '09:00', '10:30', '10:30', '11:30', '12:00',
            '12:00', '06:30', '07:30', '09:30', '05:00', '10:15', '16:00', '17:00'
        ]::time[] as openings,
        array[
            '22:00', '22:00', '22:00', '21:00', '21:00', '21:00', '23:00', '23:00',
            '20:00', '20:00', '21:30', '21:30', '20:30', '19:00', '22:30', '20:45'
        ]::time[] as closes,
        array['23:59:59', '23:59:00']::time[] as midnights,
        array['11:00', '10:00', '10:30', '18:00']::time[] as openings_to_night,
        array[
            '02:00', '02:00', '01:00', '01:00', '03:00', '01:30', '04:00', '00:10'
        ]::time[] as night_ends,
        array['14:00', '14:30', '15:00', '15:30']::time[] as break_starts,
        array['16:30', '17:00', '17:00', '17:30']::time[] as break_ends
),

draws as (
    select
        number,
        store_id,
        hashtextextended('hours', key) & 127 as habit,
        hashtextextended('days off', key) & 127 as closed,
        hashtextextended('opens', key) & 31 as opening,
        hashtextextended('closes', key) & 15 as close,
        hashtextextended('midnight', key) & 1 as midnight,
        hashtextextended('night', key) & 7 as night,
        hashtextextended('break', key) & 3 as break,
        hashtextextended('weekend', key) & 3 = 0 as is_later
    from sample_store
    where has_hours
),

kinds as (
    select
        *,
        habit < 20 as is_always,
        habit >= 20 and habit < 32 as is_until_midnight,
        habit >= 32 and habit < 54 as is_into_night,
        habit >= 50 and habit < 61 as has_break
    from draws
),

habits as (
    select
        k.number,
        k.store_id,
        case
            when k.is_always then '00:00'
            when k.has_break then '11:00'
            when k.is_into_night then c.openings_to_night[1 + k.opening % 4]
            else c.openings[1 + k.opening]
        end as opens,
        case
            when k.is_always or k.is_until_midnight then c.midnights[1 + k.midnight]
            when k.is_into_night then '23:59:59'
            else c.closes[1 + k.close]
        end as closes,
        case when k.is_into_night then c.night_ends[1 + k.night] end as night_ends,
        case when k.has_break then c.break_starts[1 + k.break] end as break_starts,
        case when k.has_break then c.break_ends[1 + k.break] end as break_ends,
        case when k.is_later then array[4, 5] else array[]::integer[] end as late_days,
        case
            when k.closed < 104 then array[]::integer[]
            when k.closed < 114 then array[6]
            when k.closed < 120 then array[0]
            when k.closed < 125 then array[5, 6]
            else array[0, 1, 2, 3, 5, 6]
        end as closed_days
    from kinds as k
    cross join choices as c
),

open_days as (
    select
        h.number,
        h.store_id,
        d.day,
        h.opens,
        h.night_ends,
        h.break_starts,
        h.break_ends,
        case
            when d.day = any(h.late_days) and h.closes < '23:00'
                then h.closes + interval '1 hour'
            else h.closes
        end as closes
    from habits as h
    cross join generate_series(0, 6) as d (day)
    where d.day != all(h.closed_days)
)

select
    o.store_id,
    r.day,
    r.start_time_local,
    r.end_time_local
from open_days as o
cross join
    lateral (
        values
        (o.day, o.opens, coalesce(o.break_starts, o.closes)),
        (o.day, o.break_ends, o.closes),
        ((o.day + 1) % 7, '00:00', o.night_ends)
    ) as r (day, start_time_local, end_time_local)
where r.start_time_local is not null and r.end_time_local is not null
order by o.number, r.day, r.start_time_local
