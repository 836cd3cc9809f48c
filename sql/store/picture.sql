-- A store's last seven local dates up to the newest poll that the timeline has heard
-- of, as a picture: a row for each period, and for each date without one. Places are
-- minutes of a day; a date on which the clock changes is stretched to fit.
with

place as (
    select
        s.store_id,
        coalesce(s.timezone, 'America/Chicago') as timezone,
        t.newest_poll_at
    from store as s
    cross join timeline_state as t
    where s.store_id = :'store_id' and t.newest_poll_at is not null
),

days as (
    select
        p.store_id,
        p.timezone,
        p.newest_poll_at,
        (p.newest_poll_at at time zone p.timezone)::date - n as day
    from place as p
    cross join generate_series(0, 6) as n
),

dates as (
    select
        *,
        day::timestamp at time zone timezone as day_starts_at,
        (day + 1)::timestamp at time zone timezone as day_ends_at
    from days
),

parts as (
    select
        d.*,
        c.day is not null as is_covered,
        t.store_id is not null as is_open,
        t.is_up,
        greatest(t.starts_at, d.day_starts_at) as starts_at,
        least(t.ends_at, d.day_ends_at, d.newest_poll_at) as ends_at,
        nullif(extract(epoch from d.day_ends_at - d.day_starts_at), 0) as length
    from dates as d
    left join timeline_day as c on d.day = c.day
    left join timeline as t
        on
            d.store_id = t.store_id
            and d.day = t.day
            and d.day_starts_at < t.ends_at
            -- Those of another zone, where the zone has just been changed.
            and d.day_ends_at + interval '36 hours' > t.ends_at
            and t.starts_at < least(d.day_ends_at, d.newest_poll_at)
),

lengths as (
    select
        *,
        extract(epoch from ends_at - starts_at) as seconds
    from parts
)

select
    day,
    is_covered,
    to_char(day, 'Dy DD Mon') as title,
    round(
        coalesce(sum(seconds) filter (where is_up) over one_day, 0) / 3600, 2
    ) as up_hours,
    round(
        coalesce(sum(seconds) filter (where not is_up) over one_day, 0) / 3600, 2
    ) as down_hours,
    round(
        coalesce(
            sum(seconds) filter (where is_open and is_up is null) over one_day, 0
        ) / 3600, 2
    ) as unobserved_hours,
    case
        when is_up then 'up'
        when not is_up then 'down'
        when is_open then 'unobserved'
    end as status,
    to_char(starts_at at time zone timezone, 'HH24:MI:SS') as starts,
    case
        when ends_at = day_ends_at then '24:00:00'
        else to_char(ends_at at time zone timezone, 'HH24:MI:SS')
    end as ends,
    round(1440 * extract(epoch from starts_at - day_starts_at) / length, 2) as x,
    round(1440 * seconds / length, 2) as width,
    round(
        1440 * extract(
            epoch from
            case when newest_poll_at < day_ends_at then newest_poll_at end
            - day_starts_at
        ) / length, 2
    ) as newest_poll_x
from lengths
window one_day as (partition by day)
order by day asc, starts_at asc
