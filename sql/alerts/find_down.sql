-- The outages that are ongoing at as_of and that have lasted, in business hours, as
-- long as a rule says: what alerts are open for. With is_fresh they may open one.
insert into due_alert (rule_id, store_id, value, store_ids, starts_at, may_open)
with

wanted as not materialized (
    select
        r.rule_id,
        split_part(w.label, ':', 1) as name,
        substr(w.label, strpos(w.label, ':') + 1) as value
    from alert_rule as r
    cross join unnest(r.labels) as w (label)
    where r.kind = 'down'
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
            where r.kind = 'down'
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
)

select
    r.rule_id,
    o.store_id,
    '' as value,
    '{}'::text[] as store_ids,
    o.starts_at,
    :'is_fresh'::boolean as may_open
from ongoing as o
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
        from chosen as l
    )
