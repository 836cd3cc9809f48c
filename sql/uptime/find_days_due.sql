-- The given dates of one store, as if they had to be cut.
create temporary table due_day on commit drop as
select
    s.store_id,
    d.day
from store as s
cross join unnest(:'days'::date[]) as d (day)
where s.store_id = :'store_id'
