-- How much of a store's business time was up, down, unobserved and excused in the last
-- hour, day, week and 30 days before as_of, and in the time of the same length before
-- (rules 7 to 10). The hour is in minutes, the others are in hours; percent_change is
-- in percentage points. It reads the table range_period, which must reach back 60 days,
-- or to kept_from: the polls before that were pruned, so such figures are null.
-- Optional: kept_from.
with

windows as (
    select
        position,
        title,
        unit,
        unit_seconds,
        :'as_of'::timestamptz as until,
        :'as_of'::timestamptz - length as since,
        :'as_of'::timestamptz - 2 * length as previous_since
    from (
        values
        (1, 'Hour', 'min', 60, interval '1 hour'),
        (2, 'Day', 'h', 3600, interval '24 hours'),
        (3, 'Week', 'h', 3600, interval '168 hours'),
        (4, '30 days', 'h', 3600, interval '720 hours')
    ) as w (position, title, unit, unit_seconds, length)
),

spans as (
    select
        position,
        true as is_now,
        unit_seconds,
        since,
        until
    from windows
    union all
    select
        position,
        false as is_now,
        unit_seconds,
        previous_since as since,
        since as until
    from windows
),

sums as (
    select
        s.position,
        s.is_now,
        s.unit_seconds,
        s.since >= coalesce(:'kept_from'::timestamptz, '-infinity') as is_kept,
        extract(epoch from coalesce(sum(p.length), '0')) as business,
        extract(
            epoch from
            coalesce(sum(p.length) filter (where p.is_up and not p.is_excused), '0')
        ) as up,
        extract(
            epoch from
            coalesce(
                sum(p.length) filter (where not p.is_up and not p.is_excused), '0'
            )
        ) as down,
        extract(epoch from coalesce(sum(p.length) filter (where p.is_excused), '0'))
            as excused
    from spans as s
    left join
        lateral (
            select
                r.is_up,
                r.is_excused,
                least(r.ends_at, s.until) - greatest(r.starts_at, s.since) as length
            from range_period as r
            where r.ends_at > s.since and r.starts_at < s.until
        ) as p
        on true
    group by s.position, s.is_now, s.unit_seconds, s.since
),

figures as (
    select
        position,
        is_now,
        round(business / unit_seconds, 2) as business,
        round(up / unit_seconds, 2) as up,
        round(down / unit_seconds, 2) as down,
        round((business - up - down - excused) / unit_seconds, 2) as unobserved,
        round(excused / unit_seconds, 2) as excused,
        round(100 * up / nullif(up + down, 0), 2) as percent
    from sums
    where is_kept
)

select
    w.title,
    w.unit,
    w.since,
    w.until,
    w.previous_since,
    n.business,
    n.up,
    n.down,
    n.unobserved,
    n.excused,
    n.percent,
    p.business as previous_business,
    p.up as previous_up,
    p.down as previous_down,
    p.unobserved as previous_unobserved,
    p.excused as previous_excused,
    p.percent as previous_percent,
    n.up - p.up as up_change,
    n.down - p.down as down_change,
    n.unobserved - p.unobserved as unobserved_change,
    n.excused - p.excused as excused_change,
    n.percent - p.percent as percent_change
from windows as w
left join figures as n on w.position = n.position and n.is_now
left join figures as p on w.position = p.position and not p.is_now
order by w.position asc
