-- The values of a label of which so many stores are down at as_of as a rule says, each
-- for as long as it says. Such an alert begins when the last of so many went down.
insert into due_alert (rule_id, store_id, value, store_ids, starts_at, may_open)
with

wanted as not materialized (
    select
        r.rule_id,
        split_part(w.label, ':', 1) as name,
        substr(w.label, strpos(w.label, ':') + 1) as value
    from alert_rule as r
    cross join unnest(r.labels) as w (label)
    where r.kind = 'together'
),

-- The stores that have one of the wanted values of each wanted name of a rule. A store
-- has one value of each name, so it has as many matches as there are names.
chosen as not materialized (
    select
        w.rule_id,
        l.store_id
    from wanted as w
    inner join store_label as l on w.name = l.name and w.value = l.value
    group by w.rule_id, l.store_id
    having
        count(*) = (
            select count(distinct n.name)
            from wanted as n
            where n.rule_id = w.rule_id
        )
),

-- The length of the outage until its end may be cut at as_of, never longer.
long_ones as (
    select
        store_id,
        starts_at,
        ends_at
    from outage
    where
        followed_at > :'as_of'::timestamptz
        and starts_at <= :'as_of'::timestamptz
        and down >= (
            select min(r.minutes) * interval '1 minute'
            from alert_rule as r
            where r.kind = 'together'
        )
    offset 0  -- noqa: AM09
),

ongoing as materialized (
    select
        o.store_id,
        o.starts_at,
        seen.down
    from long_ones as o
    cross join
        lateral (
            select sum(least(t.ends_at, :'as_of'::timestamptz) - t.starts_at) as down
            from timeline as t
            where
                t.store_id = o.store_id
                and t.ends_at > o.starts_at
                and t.ends_at <= o.ends_at
                and t.starts_at <= :'as_of'::timestamptz
        ) as seen
),

counted as (
    select
        r.rule_id,
        r.stores,
        v.name || ':' || v.value as value,
        array_agg(o.store_id order by o.starts_at, o.store_id) as store_ids,
        array_agg(o.starts_at order by o.starts_at, o.store_id) as starts
    from ongoing as o
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
                from chosen as l
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
