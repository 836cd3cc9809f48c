-- The chart of a store's local dates from first_day on, up to until: a row for each
-- period, and one for each date without any. starts and ends are local times. x and
-- width are in minutes of the day; a date with a clock change is scaled to 1440
-- minutes.
with

days as (
    select
        s.zone,
        :'first_day'::date + n as day
    from store as s
    cross join generate_series(0, :'days'::integer - 1) as n
    where s.store_id = :'store_id'
),

dates as (
    select
        *,
        day::timestamp at time zone zone as day_starts_at,
        (day + 1)::timestamp at time zone zone as day_ends_at
    from days
    where day::timestamp at time zone zone <= :'until'::timestamptz
),

parts as (
    select
        d.*,
        p.day is not null as is_open,
        p.is_up,
        p.is_excused,
        p.starts_at,
        p.ends_at,
        extract(epoch from p.ends_at - p.starts_at) as seconds,
        nullif(extract(epoch from d.day_ends_at - d.day_starts_at), 0) as day_seconds
    from dates as d
    left join range_period as p on d.day = p.day
)

select
    day,
    to_char(day, 'Dy DD Mon') as title,
    round(
        coalesce(
            sum(seconds) filter (where is_up and not is_excused) over one_day, 0
        ) / 3600, 2
    ) as up_hours,
    round(
        coalesce(
            sum(seconds) filter (where not is_up and not is_excused) over one_day, 0
        ) / 3600, 2
    ) as down_hours,
    round(
        coalesce(
            sum(seconds)
            filter (where is_open and is_up is null and not is_excused) over one_day,
            0
        ) / 3600, 2
    ) as unobserved_hours,
    round(
        coalesce(sum(seconds) filter (where is_excused) over one_day, 0) / 3600, 2
    ) as excused_hours,
    case
        when is_up then 'up'
        when not is_up then 'down'
        when is_open then 'unobserved'
    end as status,
    coalesce(is_excused, false) as is_excused,
    starts_at,
    ends_at,
    to_char(starts_at at time zone zone, 'HH24:MI:SS') as starts,
    case
        when ends_at = day_ends_at then '24:00:00'
        else to_char(ends_at at time zone zone, 'HH24:MI:SS')
    end as ends,
    round(seconds / 3600, 2) as hours,
    round(1440 * extract(epoch from starts_at - day_starts_at) / day_seconds, 2) as x,
    round(1440 * seconds / day_seconds, 2) as width,
    round(
        1440 * extract(
            epoch from
            case when :'until'::timestamptz < day_ends_at then :'until'::timestamptz end
            - day_starts_at
        ) / day_seconds, 2
    ) as until_x
from parts
window one_day as (partition by day)
order by day asc, starts_at asc
