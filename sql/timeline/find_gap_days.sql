-- The dates after a down period, up to the next period of its store, that the timeline
-- does not cover. The sessions of such dates are unobserved, so they end an outage. The
-- first 15 dates have each weekday twice, and a clock change may void only one of the
-- two. So they have a session of every store, unless dates with special hours are among
-- them: each may take one session away, and a week makes up for it.
create temporary table due_day on commit drop as
with

gaps as (
    select
        d.store_id,
        d.day,
        least(
            d.next_day - d.day - 1,
            15 + 7 * (
                select count(*) from special_hours as x
                where x.store_id = d.store_id and x.date > d.day
            )
        ) as days
    from down_period as d
    where d.next_day is null or d.next_day > d.day + 1
),

days as (
    select
        g.store_id,
        g.day + n::integer as day
    from gaps as g
    cross join generate_series(1, g.days) as n
)

select
    d.store_id,
    d.day
from days as d
where
    not exists (
        select from timeline_day as c
        where c.day = d.day
    )
    and not exists (
        select from timeline_store_day as c
        where c.store_id = d.store_id and c.day = d.day
    )
