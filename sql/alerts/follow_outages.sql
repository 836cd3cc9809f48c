-- Each open alert of a store that is down follows its outage: the last one that
-- overlaps the time from the alert's start to the last evaluation. Late polls may have
-- moved its start. If it is over by as_of (rule 11), the alert is closed: as up or as
-- unobserved, whatever follows. Without an outage, newer data says that the store was
-- not down.
-- Optional: seen_until.
with

followed as materialized (
    select
        b.alert_id,
        b.starts_at as started_at,
        o.starts_at,
        o.ends_at,
        o.down,
        n.is_up,
        coalesce(o.followed_at <= :'as_of'::timestamptz, true) as is_over
    from open_alert as b
    left join
        lateral (
            select
                t.starts_at,
                t.ends_at,
                t.followed_at,
                t.down
            from outage as t
            where
                t.store_id = b.store_id
                and t.starts_at <= greatest(:'seen_until'::timestamptz, b.starts_at)
                and t.ends_at > b.starts_at
            order by t.starts_at desc
            limit 1
        ) as o
        on true
    left join
        lateral (
            select t.is_up
            from timeline as t
            where t.store_id = b.store_id and t.ends_at > o.ends_at
            order by t.ends_at asc
            limit 1
        ) as n
        on true
)

update alert as a
set
    starts_at = coalesce(f.starts_at, a.starts_at),
    closed_at = case when f.is_over then :'now'::timestamptz end,
    ended_at = case
        when f.is_over then coalesce(f.ends_at, :'seen_until'::timestamptz)
    end,
    ended_as = case
        when not f.is_over then ''
        when f.starts_at is null then 'corrected'
        when f.is_up then 'up'
        else 'unobserved'
    end,
    down = case when f.is_over then coalesce(f.down, '0') end
from followed as f
where
    a.alert_id = f.alert_id
    and (f.is_over or f.starts_at is distinct from f.started_at)
