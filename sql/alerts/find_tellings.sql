-- What is to be told: that an alert opened, that it goes on, or that it ended. A rule
-- that is muted, or has no channel, tells nothing. A rule that is quiet before the
-- close tells something new of a store only while it is open and business goes on for
-- longer. Reminders, too, come only while the store is open. While a store is excused,
-- or all stores of an alert of several, a rule tells only that an alert ended. The
-- uptime of a date has no end to tell. `place` counts what a rule tells at once of one
-- kind.
create temporary table telling on commit drop as
with

found as (
    select
        a.alert_id,
        a.rule_id,
        a.store_id,
        a.store_ids,
        a.starts_at,
        r.quiet_minutes,
        case
            when a.closed_at is not null then 'ended'
            when a.told_at is null then 'opened'
            else 'reminder'
        end as event
    from alert as a
    inner join alert_rule as r on a.rule_id = r.rule_id
    where
        a.told_with is null
        and (r.muted_until is null or r.muted_until <= :'now'::timestamptz)
        and r.rule_id in (select c.alertrule_id from alert_rule_channels as c)
        and (
            (a.closed_at is null and a.told_at is null)
            or (
                a.closed_at is null
                and a.acknowledged_at is null
                and coalesce(a.reminded_at, a.told_at)
                + r.remind_hours * interval '1 hour' <= :'now'::timestamptz
            )
            or (
                a.closed_at > :'now'::timestamptz - interval '1 day'
                and a.told_at is not null
                and a.end_told_at is null
                and r.tells_end
                and a.day is null
            )
        )
),

candidates as materialized (
    select
        *,
        store_id <> ''
        and (
            event = 'reminder'
            or (event = 'opened' and quiet_minutes > 0)
        ) as waits
    from found
),

-- Of those that wait for business: if their store is open, and goes on. A store closes
-- where a period ends and none begins.
open_ones as materialized (
    select c.alert_id
    from candidates as c
    inner join store as s on c.store_id = s.store_id
    cross join
        lateral (
            select
                t.store_id,
                bool_or(
                    t.starts_at <= :'as_of'::timestamptz
                    -- A date has at most 25 hours, so the key's range can end here.
                    and t.ends_at < :'as_of'::timestamptz + interval '2 days'
                ) as is_open,
                bool_or(
                    n.store_id is null
                    and t.ends_at
                    <= :'as_of'::timestamptz + c.quiet_minutes * interval '1 minute'
                ) as closes
            from timeline as t
            left join timeline as n
                on
                    t.store_id = n.store_id
                    and t.ends_at = n.starts_at
                    and t.ends_at < n.ends_at
                    and n.ends_at < t.ends_at + interval '2 days'
            where
                t.store_id = s.store_id
                and t.ends_at > :'as_of'::timestamptz
                and t.ends_at
                <= :'as_of'::timestamptz
                + greatest(c.quiet_minutes * interval '1 minute', interval '2 days')
            group by t.store_id
        ) as seen
    where c.waits and seen.is_open and not seen.closes
),

told_stores as (
    select distinct i.store_id
    from candidates as c
    cross join unnest(c.store_ids || nullif(c.store_id, '')) as i (store_id)
    where c.event <> 'ended' and i.store_id is not null
),

excused_stores as materialized (
    select x.store_id
    from told_stores as t
    inner join store as s on t.store_id = s.store_id
    cross join
        lateral (
            select e.store_id
            from store_excused as e
            where
                e.store_id = s.store_id
                and e.starts_at <= :'now'::timestamptz
                and e.ends_at > :'as_of'::timestamptz
            group by e.store_id
        ) as x
),

judged as (
    select
        c.*,
        not c.waits
        or c.alert_id in (select o.alert_id from open_ones as o) as is_time,
        c.event <> 'ended'
        and (c.store_id <> '' or c.store_ids <> '{}')
        and not exists (
            select from unnest(c.store_ids || nullif(c.store_id, '')) as i (store_id)
            where
                i.store_id is not null
                and i.store_id not in (select x.store_id from excused_stores as x)
        ) as is_excused
    from candidates as c
)

select
    alert_id,
    rule_id,
    event,
    row_number() over (
        partition by rule_id, event order by starts_at, store_id, alert_id
    ) as place
from judged
where is_time and not is_excused
