-- The dates that the timeline must cover for all stores and does not cover yet: those
-- of the weeks before the given moments, and those that many of the claimed polls can
-- affect in any time zone. Covering a date costs a session for each store, so a date
-- needs a poll for every second store. The work is then in proportion to the polls. And
-- it needs 500, since every store that is added later must be covered on it too. No
-- date is before the kept history.
create temporary table new_day on commit drop as
with

polled as (
    select
        d.first_day + n as day,
        sum(d.polls) as polls
    from marked_date as d
    cross join generate_series(0, d.last_day - d.first_day) as n
    group by d.first_day + n
),

asked as (
    select
        ((as_of - interval '168 hours') at time zone 'UTC')::date - 1 as first_day,
        (as_of at time zone 'UTC')::date + 1 as last_day
    from unnest(:'moments'::timestamptz[]) as as_of
    where as_of is not null
),

wanted as (
    select day
    from polled
    where polls >= greatest(500, (select count(*) from store) / 2)
    union
    select a.first_day + n as day
    from asked as a
    cross join generate_series(0, a.last_day - a.first_day) as n
)

select day
from wanted
where
    :'history_from'::date is null
    or day >= :'history_from'::date
except
select day
from timeline_day
