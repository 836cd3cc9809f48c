-- The dates that the timeline must cover for all stores and does not cover yet: those
-- that are asked for, and those that many of the claimed polls can affect in any time
-- zone. Covering a date costs a session for each store, so a date
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

wanted as (
    select day
    from polled
    where polls >= greatest(500, (select count(*) from store) / 2)
    union
    select day
    from asked_day
)

select day
from wanted
where
    :'history_from'::date is null
    or day >= :'history_from'::date
except
select day
from timeline_day
