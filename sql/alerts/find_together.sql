-- The values of a label of which so many stores are down at as_of as a rule says, each
-- for as long as it says. Such an alert begins when the last of so many went down.
insert into due_alert (rule_id, store_id, value, store_ids, starts_at, may_open)
with

counted as (
    select
        r.rule_id,
        r.stores,
        v.name || ':' || v.value as value,
        array_agg(o.store_id order by o.starts_at, o.store_id) as store_ids,
        array_agg(o.starts_at order by o.starts_at, o.store_id) as starts
    from ongoing_outage as o
    inner join store_label as v on o.store_id = v.store_id
    inner join alert_rule as r
        on
            v.name = r.label_name
            and o.down >= r.minutes * interval '1 minute'
    where
        r.kind = 'together'
        and (
            r.labels = '{}'
            or (r.rule_id, o.store_id) in (
                select
                    l.rule_id,
                    l.store_id
                from chosen_store as l
            )
        )
    group by r.rule_id, r.stores, v.name, v.value
)

select
    rule_id,
    '' as store_id,
    value,
    store_ids,
    starts[stores] as starts_at,
    :'is_fresh'::boolean as may_open
from counted
where cardinality(store_ids) >= stores
