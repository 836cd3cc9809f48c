-- The stores just marked as new become known.
insert into store (store_id)
select store_id
from timeline_mark
where batch = :'batch'::uuid
