-- Keep what special hours the stores of a planned change had before it.
insert into special_hours_before (change_id, store_id, starts, ends)
select
    :'change_id'::uuid as change_id,
    store_id,
    starts_before,
    ends_before
from special_plan
where fate = 'set'
order by store_id
