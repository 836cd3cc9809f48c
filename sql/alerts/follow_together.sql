-- Each open alert of stores together keeps the stores that are down now. When there are
-- fewer than its rule says, it is closed.
update alert as a
set
    store_ids = coalesce(f.store_ids, a.store_ids),
    closed_at = case when f.is_over then :'now'::timestamptz end,
    ended_at = case when f.is_over then :'as_of'::timestamptz end,
    ended_as = case when f.is_over then 'fewer' else '' end
from (
    select
        b.alert_id,
        d.store_ids,
        d.rule_id is null as is_over
    from alert as b
    inner join alert_rule as r on b.rule_id = r.rule_id
    left join due_alert as d
        on
            b.rule_id = d.rule_id
            and b.store_id = d.store_id
            and b.value = d.value
    where b.closed_at is null and r.kind = 'together'
) as f
where
    a.alert_id = f.alert_id
    and (f.is_over or f.store_ids is distinct from a.store_ids)
