-- An alert for each outage, or what else a rule found, that has no open one.
insert into alert (
    alert_id,
    rule_id,
    store_id,
    value,
    store_ids,
    starts_at,
    opened_at,
    acknowledged_by,
    comment,
    ended_as
)
select
    gen_random_uuid() as alert_id,
    d.rule_id,
    d.store_id,
    d.value,
    d.store_ids,
    d.starts_at,
    :'now'::timestamptz as opened_at,
    '' as acknowledged_by,
    '' as comment,
    '' as ended_as
from due_alert as d
where
    d.may_open
    and not exists (
        select from alert as a
        where
            a.rule_id = d.rule_id
            and a.store_id = d.store_id
            and a.value = d.value
            and a.closed_at is null
    )
-- All rows are found before the first is added. Otherwise, if the planner expects few,
-- each would be looked for among all that were added before it.
order by d.rule_id, d.store_id, d.value
