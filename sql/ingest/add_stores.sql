-- The stores just marked as new become known.
insert into store (store_id, timezone)
select
    m.store_id,
    i.timezone
from timeline_mark as m
left join incoming_timezone as i on m.store_id = i.store_id
where m.batch = :'batch'::uuid
order by m.store_id
