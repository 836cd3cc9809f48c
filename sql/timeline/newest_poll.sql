-- The newest poll that the timeline includes once the claimed marks are processed. A
-- mark without a start covers all polls of its store. Its newest one is when the store
-- was last seen, unless that poll was pruned, and then all of them were.
with

last_seen as (
    select
        s.store_id,
        s.last_seen_at
    from timeline_mark as m
    inner join store as s on m.store_id = s.store_id
    where
        m.batch = any(:'batches'::uuid[])
        and m.since = '-infinity'
        and s.last_seen_at is not null
    order by s.last_seen_at desc
    offset 0  -- noqa: AM09
)

select
    greatest(
        t.newest_poll_at,
        (
            select max(m.until)
            from timeline_mark as m
            where m.batch = any(:'batches'::uuid[]) and m.until < 'infinity'
        ),
        (
            select p.observed_at
            from last_seen as s
            cross join
                lateral (
                    select p.observed_at
                    from poll as p
                    where p.store_id = s.store_id and p.observed_at = s.last_seen_at
                    limit 1  -- noqa: AM09
                ) as p
            order by s.last_seen_at desc
            limit 1
        )
    ) as newest_poll_at
from timeline_state as t
