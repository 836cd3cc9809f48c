-- The UTC dates of claimed polls that can affect a date that the timeline does not
-- cover for all stores.
create temporary table rare_date on commit drop as
with

days as (
    select
        d.date,
        d.first_day + n as day
    from marked_date as d
    cross join generate_series(0, d.last_day - d.first_day) as n
)

select distinct d.date
from days as d
where
    not exists (
        select from timeline_day as c
        where c.day = d.day
    )
