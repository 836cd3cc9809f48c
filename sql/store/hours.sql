-- A store's week as the menu hours give it, in local time; midnight as an end is 24:00.
select
    weekday as day,
    starts::text as start_time_local,
    case when ends = '00:00' then '24:00:00' else ends::text end as end_time_local
from business_hours
where store_id = :'store_id'
order by weekday, starts, ends
