-- The newest poll that is left after polls were deleted. The index serves each store
-- once.
select max(newest.observed_at) as newest_poll_at
from store as s
cross join
    lateral (
        select p.observed_at
        from poll as p
        where p.store_id = s.store_id
        order by p.observed_at desc
        limit 1
    ) as newest
