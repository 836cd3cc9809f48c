-- The polls of a store's local dates from first_day on, up to until, for its chart: a
-- row for each date with polls. A tick is at the minute of a poll, scaled as in
-- uptime/picture. All ticks of one status are one path of SVG.
with

days as (
    select
        s.store_id,
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
),

ticks as (
    select
        d.day,
        p.is_active,
        round(
            1440 * extract(epoch from p.observed_at - d.day_starts_at)
            / extract(epoch from d.day_ends_at - d.day_starts_at)
        )::integer as x,
        count(*) as polls
    from dates as d
    inner join poll as p
        on
            d.store_id = p.store_id
            and d.day_starts_at <= p.observed_at
            and d.day_ends_at > p.observed_at
    where p.store_id = :'store_id' and p.observed_at <= :'until'::timestamptz
    group by d.day, p.is_active, x
)

select
    day,
    sum(polls)::bigint as polls,
    string_agg('M' || x || ' 0v6', '' order by x) filter (where is_active)
        as active_path,
    string_agg('M' || x || ' 0v6', '' order by x) filter (where not is_active)
        as inactive_path
from ticks
group by day
order by day asc
