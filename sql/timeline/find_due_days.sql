-- Which dates of which stores must be cut again: the new dates, of all stores or of one
-- store, and, for a store with marks, the dates that its changed polls can affect.
-- Polls affect the sessions that they lie in and, by rule 6, the sessions that open
-- within the carry limit after them. They change nothing if they lie in no session, or
-- if every period that they can affect already has their status.
create temporary table due_day on commit drop as
with

marks as (
    select
        store_id,
        says_up,
        since,
        until,
        until + :'carry'::interval as reaches_until,
        (since at time zone 'UTC')::date - 1 as first_day,
        (until at time zone 'UTC')::date + 1 as last_day,
        ((until + :'carry'::interval) at time zone 'UTC')::date + 1
            as last_day_in_reach
    from timeline_mark
    where batch = any(:'batches'::uuid[])
),

due_marks as (
    select
        m.store_id,
        m.first_day,
        m.last_day_in_reach
    from marks as m
    where
        m.until = 'infinity'
        -- Before the kept history there are no periods to compare them with.
        or m.first_day < (select s.history_from from timeline_state as s)
        or exists (
            select from new_day as d
            where d.day between m.first_day and m.last_day
        )
        or exists (
            select from own_day as d
            where
                d.store_id = m.store_id
                and d.day between m.first_day and m.last_day
        )
        or (
            exists (
                select from timeline as t
                where
                    t.store_id = m.store_id
                    and t.ends_at > m.since and t.starts_at <= m.until
            )
            and exists (
                select from timeline as t
                where
                    t.store_id = m.store_id
                    and t.ends_at > m.since
                    and t.starts_at <= m.reaches_until
                    and (m.says_up is null or t.is_up is distinct from m.says_up)
            )
        )
),

-- The new dates are due for every store, so marks need not add them.
marked_days as (
    select
        m.store_id,
        d.day
    from due_marks as m
    inner join store as s on m.store_id = s.store_id
    inner join timeline_day as d
        on d.day between m.first_day and m.last_day_in_reach
    where
        not exists (
            select from new_day as n
            where n.day = d.day
        )
    union
    select
        m.store_id,
        d.day
    from due_marks as m
    inner join timeline_store_day as d
        on
            m.store_id = d.store_id
            and d.day between m.first_day and m.last_day_in_reach
    where
        not exists (
            select from own_day as o
            where o.store_id = d.store_id and o.day = d.day
        )
)

select
    d.store_id,
    d.day
from (
    select
        store_id,
        day
    from marked_days
    union all
    select
        store_id,
        day
    from own_day
    union all
    select
        s.store_id,
        n.day
    from store as s
    cross join new_day as n
) as d
