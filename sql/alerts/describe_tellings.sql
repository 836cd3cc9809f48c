-- The first `most` alerts that a rule tells at once of each kind, and of how many it
-- tells. Local times are those of the store's zone. An alert of several stores has the
-- names of the first `most` of `store_ids`.
with

totals as (
    select
        rule_id,
        event,
        count(*) as total
    from telling
    group by rule_id, event
),

told as materialized (
    select
        r.rule_id,
        r.name as rule,
        r.kind,
        r.minutes,
        r.stores as fewest,
        r.percent as target_percent,
        t.event,
        t.place,
        n.total,
        a.alert_id,
        a.store_id,
        a.value,
        a.day,
        a.uptime_percent,
        a.ended_as,
        a.starts_at,
        a.ended_at,
        a.down,
        a.store_ids
    from telling as t
    inner join totals as n on t.rule_id = n.rule_id and t.event = n.event
    inner join alert as a on t.alert_id = a.alert_id
    inner join alert_rule as r on a.rule_id = r.rule_id
    where t.place <= :'most'::integer
),

named_ids as (
    select store_id from told
    union
    select i.store_id
    from told as t
    cross join unnest(t.store_ids) with ordinality as i (store_id, place)
    where i.place <= :'most'::integer
),

named as materialized (
    select
        s.store_id,
        s.display_name,
        s.zone,
        labelled.labels
    from named_ids as i
    inner join store as s on i.store_id = s.store_id
    cross join
        lateral (
            select array_agg(l.name || ':' || l.value order by l.name) as labels
            from store_label as l
            where l.store_id = s.store_id
        ) as labelled
),

lengths as materialized (
    select
        t.alert_id,
        going.down
    from told as t
    inner join store as s on t.store_id = s.store_id
    cross join
        lateral (
            select
                p.store_id,
                sum(least(p.ends_at, :'as_of'::timestamptz) - p.starts_at) as down
            from timeline as p
            where
                p.store_id = s.store_id
                and p.ends_at > t.starts_at
                and p.starts_at < :'as_of'::timestamptz
                and not p.is_up
            group by p.store_id
        ) as going
    where t.kind = 'down'
)

select
    t.rule_id,
    t.rule,
    t.kind,
    t.minutes,
    t.fewest,
    t.target_percent,
    t.event,
    t.total,
    t.alert_id,
    t.store_id,
    t.value,
    t.day,
    t.uptime_percent,
    t.ended_as,
    t.starts_at,
    t.ended_at,
    coalesce(nullif(s.display_name, ''), t.store_id) as store_name,
    coalesce(s.zone, 'UTC') as zone,
    t.starts_at at time zone coalesce(s.zone, 'UTC') as starts_local,
    t.ended_at at time zone coalesce(s.zone, 'UTC') as ended_local,
    :'as_of'::timestamptz at time zone coalesce(s.zone, 'UTC') as local_now,
    coalesce(s.labels, '{}') as labels,
    extract(epoch from coalesce(t.down, going.down, '0'))::float as down_seconds,
    cardinality(t.store_ids) as stores,
    array(
        select coalesce(nullif(m.display_name, ''), i.store_id)
        from unnest(t.store_ids) with ordinality as i (store_id, place)
        left join named as m on i.store_id = m.store_id
        where i.place <= :'most'::integer
        order by i.place
    ) as store_names
from told as t
left join named as s on t.store_id = s.store_id
left join lengths as going on t.alert_id = going.alert_id
order by t.rule, t.event, t.place
