-- The span of some local dates of a store, up to until. They are the `days` dates from
-- `first_day` on, by default the last ones: the last of them is the date of until. A
-- first_day after that date counts as that date. Both ends are also in the store's
-- local time. `earlier_day` and `later_day` are the first days of the spans before and
-- after, later_day only if it has begun. `last_day` is the last date of the span.
-- Optional: first_day.
with

zones as (
    select
        zone,
        (:'until'::timestamptz at time zone zone)::date as today
    from store
    where store_id = :'store_id'
),

first_date as (
    select
        zone,
        today,
        least(
            coalesce(:'first_day'::date, today - :'days'::integer + 1), today
        ) as day
    from zones
),

span as (
    select
        *,
        day::timestamp at time zone zone as starts_at,
        least(
            (day + :'days'::integer)::timestamp at time zone zone,
            :'until'::timestamptz
        ) as ends_at
    from first_date
)

select
    day as first_day,
    least(day + :'days'::integer - 1, today) as last_day,
    day - :'days'::integer as earlier_day,
    case
        when day + :'days'::integer <= today then day + :'days'::integer
    end as later_day,
    starts_at,
    starts_at at time zone zone as starts_at_local,
    ends_at,
    ends_at at time zone zone as ends_at_local
from span
