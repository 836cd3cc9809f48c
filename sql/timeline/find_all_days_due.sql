-- Every covered date of every store, as if all had to be cut again.
create temporary table due_day on commit drop as
select
    s.store_id,
    d.day
from store as s
cross join timeline_day as d
union all
select
    store_id,
    day
from timeline_store_day
