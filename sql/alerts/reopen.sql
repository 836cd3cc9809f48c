-- An outage that overlaps one whose alert is closed is the same one: newer data says
-- that it was not over. Its alert is opened again. It is told again only if its end was
-- told.
update alert as a
set
    starts_at = f.starts_at,
    store_ids = f.store_ids,
    told_at = case when a.end_told_at is null then a.told_at end,
    end_told_at = null,
    ended_at = null,
    ended_as = '',
    down = null,
    closed_at = null
from (
    select
        o.alert_id,
        d.starts_at,
        d.store_ids
    from due_alert as d
    cross join
        lateral (
            select
                b.alert_id,
                b.ended_at,
                b.closed_at
            from alert as b
            where
                b.rule_id = d.rule_id
                and b.store_id = d.store_id
                and b.value = d.value
            order by b.starts_at desc
            limit 1
        ) as o
    -- Not a condition on `a`, which the planner would then read first.
    where
        d.may_open
        and o.closed_at is not null
        and o.ended_at > d.starts_at
) as f
where a.alert_id = f.alert_id
