-- Delete the periods of the due dates; the next step cuts them again. Each store is
-- looked up once by the key, from its first due date to its last. So processing an
-- hour's polls costs the same after a year of history.
with

stores as (
    select
        store_id,
        (min(day) - 1)::timestamp at time zone 'UTC' as since,
        (max(day) + 3)::timestamp at time zone 'UTC' as until
    from due_day
    group by store_id
),

due_periods as (
    select
        s.store_id,
        p.ends_at
    from stores as s
    cross join
        lateral (
            select
                t.day,
                t.ends_at
            from timeline as t
            where
                t.store_id = s.store_id
                and t.ends_at > s.since
                and t.ends_at < s.until
            offset 0  -- noqa: AM09
        ) as p
    inner join due_day as d on s.store_id = d.store_id and p.day = d.day
)

delete from timeline as t
using due_periods as p
where t.store_id = p.store_id and t.ends_at = p.ends_at
