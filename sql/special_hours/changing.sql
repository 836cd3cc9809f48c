-- The stores that the plan changes, with their special hours before and after, null for
-- none.
select
    store_id,
    starts_before,
    ends_before,
    starts_after,
    ends_after
from special_plan
where fate = 'set'
order by store_id
