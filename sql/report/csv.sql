-- The report's CSV: minutes for the hour, hours for the day and the week, two
-- decimals, halves away from zero (rule 8). An id that a spreadsheet may run as a
-- formula gets an apostrophe in front. With exclude_excused, excused time is left out.
select
    case when r.store_id ~ :'formula' then '''' else '' end
    || r.store_id as store_id,
    round(extract(epoch from r.up_hour) / 60, 2) as "uptime_last_hour(in minutes)",
    round(extract(epoch from r.up_day) / 3600, 2) as "uptime_last_day(in hours)",
    round(extract(epoch from r.up_week) / 3600, 2) as "uptime_last_week(in hours)",
    round(extract(epoch from r.down_hour) / 60, 2)
        as "downtime_last_hour(in minutes)",
    round(extract(epoch from r.down_day) / 3600, 2) as "downtime_last_day(in hours)",
    round(extract(epoch from r.down_week) / 3600, 2)
        as "downtime_last_week(in hours)"
from report_figure as r
where
    r.report_id = :'report_id'::uuid
    and r.without_excused = :'exclude_excused'::boolean
    and (
        :'viewer'::integer is null
        or exists (
            select 1
            from visible_store as v
            where v.user_id = :'viewer'::integer and v.store_id = r.store_id
        )
        or exists (
            select 1
            from granted_store as g
            where g.user_id = :'viewer'::integer and g.store_id = r.store_id
        )
    )
order by r.store_id
