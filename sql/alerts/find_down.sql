-- The outages that are ongoing at as_of and that have lasted, in business hours, as
-- long as a rule says: what alerts are open for. With is_fresh they may open one.
insert into due_alert (rule_id, store_id, value, store_ids, starts_at, may_open)
select
    r.rule_id,
    o.store_id,
    '' as value,
    '{}'::text[] as store_ids,
    o.starts_at,
    :'is_fresh'::boolean as may_open
from ongoing_outage as o
inner join alert_rule as r
    on
        r.kind = 'down'
        and o.down >= r.minutes * interval '1 minute'
        and (r.store_id is null or o.store_id = r.store_id)
where
    r.labels = '{}'
    or (r.rule_id, o.store_id) in (
        select
            l.rule_id,
            l.store_id
        from chosen_store as l
    )
