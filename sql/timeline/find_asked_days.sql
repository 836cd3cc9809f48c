-- The dates that the timeline must cover for all stores, whatever polls there are:
-- those of the weeks before the given moments, in any time zone.
create temporary table asked_day on commit drop as
with

asked as (
    select
        ((as_of - interval '168 hours') at time zone 'UTC')::date - 1 as first_day,
        (as_of at time zone 'UTC')::date + 1 as last_day
    from unnest(:'moments'::timestamptz[]) as as_of
    where as_of is not null
)

select distinct a.first_day + n as day
from asked as a
cross join generate_series(0, a.last_day - a.first_day) as n
