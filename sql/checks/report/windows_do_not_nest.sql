-- The last hour is part of the last day, and the last day is part of the last week. So
-- no figure may shrink from hour to day to week. No window has more than its length.
with

figures as (
    select
        report_id,
        store_id,
        up_hour + down_hour + unobserved_hour as hour,
        up_day + down_day + unobserved_day as day,
        up_week + down_week + unobserved_week as week,
        up_hour <= up_day and up_day <= up_week as up_nests,
        down_hour <= down_day and down_day <= down_week as down_nests,
        unobserved_hour <= unobserved_day and unobserved_day <= unobserved_week
            as unobserved_nests
    from report_row
)

select
    report_id,
    store_id,
    hour,
    day,
    week
from figures
where
    not (up_nests and down_nests and unobserved_nests)
    or hour > interval '1 hour'
    or day > interval '24 hours'
    or week > interval '168 hours'
