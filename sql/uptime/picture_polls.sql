-- The polls of a store's local dates from first_day on, up to until, for its chart: a
-- row for each date with polls. A tick is at the minute of a poll, scaled as in
-- uptime/picture. All ticks of one status are one path of SVG. `reasons` has the
-- reasons of the date's polls, the most frequent first, and `reason_polls` how many
-- polls each has.
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

seen as (
    select
        d.day,
        p.is_active,
        p.reason,
        round(
            1440 * extract(epoch from p.observed_at - d.day_starts_at)
            / extract(epoch from d.day_ends_at - d.day_starts_at)
        )::integer as x
    from dates as d
    inner join poll as p
        on
            d.store_id = p.store_id
            and d.day_starts_at <= p.observed_at
            and d.day_ends_at > p.observed_at
    where p.store_id = :'store_id' and p.observed_at <= :'until'::timestamptz
),

ticks as (
    select
        day,
        is_active,
        x,
        count(*) as polls
    from seen
    group by day, is_active, x
),

counted as (
    select
        day,
        reason,
        count(*) as polls
    from seen
    where reason is not null
    group by day, reason
),

reasons as (
    select
        day,
        array_agg(reason order by polls desc, reason asc) as reasons,
        array_agg(polls order by polls desc, reason asc) as reason_polls
    from counted
    group by day
),

paths as (
    select
        day,
        sum(polls)::bigint as polls,
        string_agg('M' || x || ' 0v6', '' order by x) filter (where is_active)
            as active_path,
        string_agg('M' || x || ' 0v6', '' order by x) filter (where not is_active)
            as inactive_path
    from ticks
    group by day
)

select
    p.day,
    p.polls,
    p.active_path,
    p.inactive_path,
    coalesce(r.reasons, '{}') as reasons,
    coalesce(r.reason_polls, '{}') as reason_polls
from paths as p
left join reasons as r on p.day = r.day
order by p.day asc
