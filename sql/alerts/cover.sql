-- An alert of one store that is not told yet is covered by an open one of several
-- stores that has the store, if that one is told on all channels of its rule. When the
-- other one is closed, it covers none any more.
with

covering as (
    select
        g.alert_id,
        g.rule_id,
        i.store_id
    from alert as g
    inner join alert_rule as r on g.rule_id = r.rule_id
    cross join unnest(g.store_ids) as i (store_id)
    where
        r.kind = 'together'
        and g.closed_at is null
        and (r.muted_until is null or r.muted_until <= :'now'::timestamptz)
),

pairs as (
    select
        r.rule_id,
        q.rule_id as by_rule_id
    from alert_rule as r
    cross join alert_rule as q
    where
        r.kind = 'down'
        and q.kind = 'together'
        and not exists (
            select from alert_rule_channels as c
            where
                c.alertrule_id = r.rule_id
                and not exists (
                    select from alert_rule_channels as k
                    where
                        k.alertrule_id = q.rule_id
                        and k.alertchannel_id = c.alertchannel_id
                )
        )
),

covers as (
    select distinct on (p.rule_id, c.store_id)
        p.rule_id,
        c.store_id,
        c.alert_id
    from pairs as p
    inner join covering as c on p.by_rule_id = c.rule_id
    order by p.rule_id, c.store_id, c.alert_id
),

untold as (
    select
        b.alert_id,
        b.rule_id,
        b.store_id,
        b.told_with
    from alert as b
    inner join alert_rule as r on b.rule_id = r.rule_id
    where r.kind = 'down' and b.closed_at is null and b.told_at is null
),

-- A full join is hashed, however few rows the planner expects.
covered as (
    select
        u.alert_id,
        c.alert_id as by_alert_id
    from untold as u
    full outer join covers as c
        on u.rule_id = c.rule_id and u.store_id = c.store_id
    where u.told_with is distinct from c.alert_id
)

update alert as a
set told_with = f.by_alert_id
from covered as f
where a.alert_id = f.alert_id
