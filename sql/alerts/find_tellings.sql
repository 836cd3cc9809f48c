-- What is to be told: that an alert opened, that it goes on, or that it ended. A rule
-- that is muted, or has no channel, tells nothing. A rule that is quiet before the
-- close tells something new of a store only while it is open and business goes on for
-- longer. Reminders, too, come only while the store is open. While a store is excused,
-- or all stores of an alert of several, a rule tells only that an alert ended. The
-- uptime of a date has no end to tell. `place` counts what a rule tells at once of one
-- kind.
create temporary table telling on commit drop as
with

candidates as (
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
        and exists (
            select from alert_rule_channels as c
            where c.alertrule_id = r.rule_id
        )
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

-- A store closes where a period ends and none begins.
judged as (
    select
        c.*,
        c.store_id = ''
        or c.event = 'ended'
        or (c.event = 'opened' and c.quiet_minutes = 0)
        or (
            exists (
                select from timeline as t
                where
                    t.store_id = c.store_id
                    and t.ends_at > :'as_of'::timestamptz
                    -- A date has at most 25 hours, so the key's range can end here.
                    and t.ends_at < :'as_of'::timestamptz + interval '2 days'
                    and t.starts_at <= :'as_of'::timestamptz
            )
            and not exists (
                select from timeline as t
                where
                    t.store_id = c.store_id
                    and t.ends_at > :'as_of'::timestamptz
                    and t.ends_at
                    <= :'as_of'::timestamptz + c.quiet_minutes * interval '1 minute'
                    and not exists (
                        select from timeline as n
                        where
                            n.store_id = t.store_id
                            and n.ends_at > t.ends_at
                            and n.ends_at < t.ends_at + interval '2 days'
                            and n.starts_at = t.ends_at
                    )
            )
        ) as is_time,
        c.event <> 'ended'
        and (c.store_id <> '' or c.store_ids <> '{}')
        and not exists (
            select from unnest(c.store_ids || nullif(c.store_id, '')) as i (store_id)
            where
                i.store_id is not null
                and not exists (
                    select from store_excused as e
                    where
                        e.store_id = i.store_id
                        and e.starts_at <= :'now'::timestamptz
                        and e.ends_at > :'as_of'::timestamptz
                )
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
