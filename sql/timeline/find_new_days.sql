-- The dates that the timeline must cover and does not cover yet: those that the claimed
-- polls can affect in any time zone, those of the requested window, and the missing
-- dates in gaps of up to two weeks. A longer gap stays: it has every weekday twice, and
-- a clock change may void only one of the two. So it has unobserved business time of
-- every store. The exception is a store with so many special dates in the gap that too
-- few normal dates are left: such a gap is filled. No date is before the kept history.
create temporary table new_day on commit drop as
with

spoken as (
    select
        first_date - 1 as first_day,
        ((newest_poll_at + :'carry'::interval) at time zone 'UTC')::date + 1 as last_day
    from marked_date
),

asked as (
    select
        (:'since'::timestamptz at time zone 'UTC')::date - 1 as first_day,
        (:'until'::timestamptz at time zone 'UTC')::date + 1 as last_day
),

wanted as (
    select first_day + n as day
    from (
        select * from spoken
        union all
        select * from asked
    ) as span
    cross join generate_series(0, last_day - first_day) as n
    where
        :'history_from'::date is null
        or first_day + n >= :'history_from'::date
),

days as (
    select
        day,
        lead(day) over (order by day) - day as step
    from (
        select day from timeline_day
        union
        select day from wanted
    ) as known
),

gaps as (
    select
        day,
        step
    from days
    where
        step between 2 and 15
        or step > 15 and exists (
            select from special_hours as x
            where
                days.day < x.date
                and days.day + days.step > x.date
            group by x.store_id
            having count(*) >= (days.step - 1) / 7 - 1
        )
)

select day
from wanted
union
select day + n as day
from gaps
cross join generate_series(1, step - 1) as n
except
select day
from timeline_day
