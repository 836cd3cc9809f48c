-- All that a report knows of each store, as it is printed: minutes for the hour,
-- hours for the day and the week, two decimals, halves away from zero (rule 8);
-- uptime in percent of the time that was observed, null where nothing was (rule
-- 10).
select
    store_id,
    round(extract(epoch from up_hour) / 60, 2) as up_hour,
    round(extract(epoch from down_hour) / 60, 2) as down_hour,
    round(extract(epoch from unobserved_hour) / 60, 2) as unobserved_hour,
    round(
        100 * extract(epoch from up_hour)
        / nullif(extract(epoch from up_hour + down_hour), 0), 2
    ) as uptime_percent_hour,
    round(extract(epoch from up_day) / 3600, 2) as up_day,
    round(extract(epoch from down_day) / 3600, 2) as down_day,
    round(extract(epoch from unobserved_day) / 3600, 2) as unobserved_day,
    round(
        100 * extract(epoch from up_day)
        / nullif(extract(epoch from up_day + down_day), 0), 2
    ) as uptime_percent_day,
    round(extract(epoch from up_week) / 3600, 2) as up_week,
    round(extract(epoch from down_week) / 3600, 2) as down_week,
    round(extract(epoch from unobserved_week) / 3600, 2) as unobserved_week,
    round(
        100 * extract(epoch from up_week)
        / nullif(extract(epoch from up_week + down_week), 0), 2
    ) as uptime_percent_week
from report_row
where report_id = :'report_id'::uuid
order by store_id
