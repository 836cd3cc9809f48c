-- After polls were deleted: find the newest poll that is left. Each store is looked up
-- once in the index.
update timeline_state
set
    newest_poll_at = (
        select max(newest.observed_at)
        from store as s
        cross join lateral (
            select p.observed_at
            from poll as p
            where p.store_id = s.store_id
            order by p.observed_at desc
            limit 1
        ) as newest
    )
