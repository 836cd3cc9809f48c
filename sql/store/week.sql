-- A store's week as people write it: the shifts of each weekday that has some, in
-- local time, to the minute where that says it all. Midnight as an end is 24:00.
with

shifts as (
    select
        weekday,
        starts,
        ends,
        regexp_replace(starts::text, '^(\d\d:\d\d):00$', '\1') as opening,
        case
            when ends = '00:00' then '24:00'
            else regexp_replace(ends::text, '^(\d\d:\d\d):00$', '\1')
        end as closing
    from business_hours
    where store_id = :'store_id'
)

select
    weekday,
    string_agg(opening || '-' || closing, ', ' order by starts, ends) as shifts
from shifts
group by weekday
order by weekday
