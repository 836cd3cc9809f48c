-- Add the rows of hours that are new.
insert into business_hours (store_id, weekday, starts, ends)
select
    store_id,
    weekday,
    starts,
    ends
from incoming_hours
where not is_known
order by store_id, weekday, starts, ends
