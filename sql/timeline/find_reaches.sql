-- Where the outages of the stores with due dates may have changed: between the nearest
-- periods before and after these dates that are not down. A mark without an end may
-- also change the sessions of dates that the timeline does not cover.
create temporary table reach on commit drop as
with

spans as (
    select
        store_id,
        (min(day) - 1)::timestamp at time zone 'UTC' as since,
        (max(day) + 3)::timestamp at time zone 'UTC' as until
    from due_day
    group by store_id
    union all
    select
        store_id,
        since - interval '1 day' as since,
        until
    from timeline_mark
    where batch = any(:'batches'::uuid[]) and until = 'infinity'
),

stores as (
    select
        store_id,
        min(since) as since,
        max(until) as until
    from spans
    group by store_id
)

select
    s.store_id,
    coalesce(earlier.ends_at, '-infinity') as first_end,
    coalesce(later.starts_at, 'infinity') as last_start
from stores as s
left join lateral (
    select t.ends_at
    from timeline as t
    where
        t.store_id = s.store_id
        and t.ends_at <= s.since
        and t.is_up is distinct from false
    order by t.ends_at desc
    limit 1
) as earlier on true
left join lateral (
    select t.starts_at
    from timeline as t
    where
        t.store_id = s.store_id
        and t.ends_at > s.until
        and t.starts_at >= s.until
        and t.is_up is distinct from false
    order by t.ends_at asc
    limit 1
) as later on true
