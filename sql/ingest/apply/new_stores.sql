-- Add the marked stores that are not known yet. Each of them has one mark.
insert into store (store_id, timezone)
select
    m.store_id,
    i.timezone
from timeline_mark as m
left join incoming_timezone as i on m.store_id = i.store_id
where
    m.batch = :'batch'::uuid
    and not exists (
        select from store as s
        where s.store_id = m.store_id
    )
order by m.store_id
