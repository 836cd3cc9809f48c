-- About how much work a refresh would be: how many dates of stores it would cut. A mark
-- counts as one. If the newest moment moves to dates that are not covered, each store
-- counts ten times. Marks of more stores than this reads are much work in any case.
with

marks as (
    select
        store_id,
        until
    from timeline_mark
    order by store_id
    limit 10001
),

newest as (
    select
        greatest(
            max(t.newest_poll_at),
            max(case when m.until < 'infinity' then m.until else s.last_seen_at end)
        ) as poll_at,
        count(m.store_id) as marks,
        bool_and(coalesce(t.carry_limit = :'carry'::interval, true)) as is_same_limit
    from timeline_state as t
    left join marks as m on true
    left join store as s on m.store_id = s.store_id
)

select
    marks
    + case
        when
            not is_same_limit
            then (select count(*) from store) * (select count(*) from timeline_day)
        when
            poll_at is null
            or exists (
                select from timeline_day as d
                where
                    d.day
                    = (
                        least(newest.poll_at, :'now'::timestamptz) at time zone 'UTC'
                    )::date
                    + 1
            )
            then 0
        else 10 * (select count(*) from store)
    end as dates
from newest
