-- The report's CSV: minutes for the hour, hours for the day and the week, two
-- decimals, halves away from zero (rule 8).
-- Optional: visible.
select
    store_id,
    round(extract(epoch from up_hour) / 60, 2) as "uptime_last_hour(in minutes)",
    round(extract(epoch from up_day) / 3600, 2) as "uptime_last_day(in hours)",
    round(extract(epoch from up_week) / 3600, 2) as "uptime_last_week(in hours)",
    round(extract(epoch from down_hour) / 60, 2)
        as "downtime_last_hour(in minutes)",
    round(extract(epoch from down_day) / 3600, 2) as "downtime_last_day(in hours)",
    round(extract(epoch from down_week) / 3600, 2)
        as "downtime_last_week(in hours)"
from report_row
where
    report_id = :'report_id'::uuid
    and (:'visible'::text[] is null or store_id = any(:'visible'::text[]))
order by store_id
