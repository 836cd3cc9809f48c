-- The figures of a store in the newest report that has it: the complete report with the
-- latest as_of that the viewer may see, and among equals the last requested. One row
-- for each window, rounded as in the output (rules 7, 8 and 10). Local times are in the
-- store's zone.
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
        and (
            :'viewer'::integer is null
            or store_ids is null
            or requested_by_id = :'viewer'::integer
        )
    order by as_of desc, requested_at desc
),

-- One report after the other is looked at, until one has the store.
newest as (
    select
        r.as_of,
        f.*
    from reports as r
    cross join
        lateral (
            select p.*
            from report_row as p
            where p.report_id = r.report_id and p.store_id = :'store_id'
            offset 0  -- noqa: AM09
        ) as f
    order by r.as_of desc, r.requested_at desc
    limit 1
)

select
    n.report_id,
    n.as_of,
    n.as_of at time zone s.zone as as_of_local,
    n.as_of - w.reach as starts_at,
    (n.as_of - w.reach) at time zone s.zone as starts_at_local,
    s.zone,
    w.title,
    round(extract(epoch from w.up) / w.seconds, 2) as up,
    round(extract(epoch from w.down) / w.seconds, 2) as down,
    round(extract(epoch from w.unobserved) / w.seconds, 2) as unobserved,
    round(
        100 * extract(epoch from w.up)
        / nullif(extract(epoch from w.up + w.down), 0), 2
    ) as uptime_percent
from newest as n
inner join store as s on n.store_id = s.store_id
cross join lateral (
    values
    (
        'Last hour (minutes)', interval '1 hour', 60,
        n.up_hour, n.down_hour, n.unobserved_hour
    ),
    (
        'Last day (hours)', interval '24 hours', 3600,
        n.up_day, n.down_day, n.unobserved_day
    ),
    (
        'Last week (hours)', interval '168 hours', 3600,
        n.up_week, n.down_week, n.unobserved_week
    )
) as w (title, reach, seconds, up, down, unobserved)
