-- The UTC dates of claimed polls that can affect a date that the timeline does not
-- cover for all stores.
create temporary table rare_date on commit drop as
with

reaches as (
    select
        d.first_date + n as date,
        d.first_date + n - 1 as first_day,
        greatest(
            ((d.newest_poll_at + :'carry'::interval) at time zone 'UTC')::date + 1,
            d.first_date + n + 1
        ) as last_day
    from marked_date as d
    cross join generate_series(0, d.last_date - d.first_date) as n
),

days as (
    select
        r.date,
        r.first_day + n as day
    from reaches as r
    cross join generate_series(0, r.last_day - r.first_day) as n
)

select distinct d.date
from days as d
where
    not exists (
        select from timeline_day as c
        where c.day = d.day
    )
