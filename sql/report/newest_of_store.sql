-- The figures of a store in the newest complete report that includes it: one row for
-- each window, rounded as in the output (rules 8 and 10).
with

reports as (
    select
        report_id,
        as_of,
        requested_at
    from report
    where
        state = 'complete'
        and (store_ids is null or :'store_id' = any(store_ids))
    order by requested_at desc
    limit 100
),

newest as (
    select
        r.as_of,
        f.*
    from reports as r
    inner join report_row as f on r.report_id = f.report_id
    where f.store_id = :'store_id'
    order by r.requested_at desc
    limit 1
)

select
    n.report_id,
    n.as_of,
    w.title,
    round(extract(epoch from w.up) / w.seconds, 2) as up,
    round(extract(epoch from w.down) / w.seconds, 2) as down,
    round(extract(epoch from w.unobserved) / w.seconds, 2) as unobserved,
    round(
        100 * extract(epoch from w.up)
        / nullif(extract(epoch from w.up + w.down), 0), 2
    ) as uptime_percent
from newest as n
cross join lateral (
    values
    ('Last hour (minutes)', 60, n.up_hour, n.down_hour, n.unobserved_hour),
    ('Last day (hours)', 3600, n.up_day, n.down_day, n.unobserved_day),
    ('Last week (hours)', 3600, n.up_week, n.down_week, n.unobserved_week)
) as w (title, seconds, up, down, unobserved)
