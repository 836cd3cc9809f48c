-- Add the marked stores that are not known yet, with all that the files say about them:
-- to update so many rows afterwards takes longer. They are grouped and not joined,
-- since the planner does not know how many there are, and a wrong guess would cost
-- minutes. Each kind of file has one row for a store.
insert into store (store_id, timezone, display_name, last_seen_at)
with

said as (
    select
        store_id,
        timezone,
        null as display_name,
        null::timestamptz as newest,
        false as is_marked
    from incoming_timezone
    union all
    select
        store_id,
        null as timezone,
        display_name,
        null as newest,
        false as is_marked
    from incoming_name
    union all
    select
        store_id,
        null as timezone,
        null as display_name,
        newest,
        false as is_marked
    from incoming_poll_day
    union all
    select
        store_id,
        null as timezone,
        null as display_name,
        null as newest,
        true as is_marked
    from timeline_mark
    where batch = :'batch'::uuid
),

stores as (
    select
        store_id,
        max(timezone) as timezone,
        coalesce(max(display_name), '') as display_name,
        max(newest) as last_seen_at
    from said
    group by store_id
    having bool_or(is_marked)
)

select
    n.store_id,
    n.timezone,
    n.display_name,
    n.last_seen_at
from stores as n
where
    not exists (
        select from store as s
        where s.store_id = n.store_id
    )
order by n.store_id
