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
)

select
    r.rule_id,
    r.name as rule,
    r.kind,
    r.minutes,
    r.stores as fewest,
    r.percent as target_percent,
    t.event,
    n.total,
    a.alert_id,
    a.store_id,
    a.value,
    a.day,
    a.uptime_percent,
    a.ended_as,
    a.starts_at,
    a.ended_at,
    coalesce(nullif(s.display_name, ''), a.store_id) as store_name,
    coalesce(s.zone, 'UTC') as zone,
    a.starts_at at time zone coalesce(s.zone, 'UTC') as starts_local,
    a.ended_at at time zone coalesce(s.zone, 'UTC') as ended_local,
    :'as_of'::timestamptz at time zone coalesce(s.zone, 'UTC') as local_now,
    array(
        select l.name || ':' || l.value
        from store_label as l
        where l.store_id = a.store_id
        order by l.name
    ) as labels,
    extract(epoch from coalesce(a.down, going.down))::float as down_seconds,
    cardinality(a.store_ids) as stores,
    array(
        select coalesce(nullif(m.display_name, ''), i.store_id)
        from unnest(a.store_ids) with ordinality as i (store_id, place)
        left join store as m on i.store_id = m.store_id
        where i.place <= :'most'::integer
        order by i.place
    ) as store_names
from telling as t
inner join totals as n on t.rule_id = n.rule_id and t.event = n.event
inner join alert as a on t.alert_id = a.alert_id
inner join alert_rule as r on a.rule_id = r.rule_id
left join store as s on a.store_id = s.store_id
cross join
    lateral (
        select
            coalesce(
                sum(least(p.ends_at, :'as_of'::timestamptz) - p.starts_at), '0'
            ) as down
        from timeline as p
        where
            r.kind = 'down'
            and p.store_id = a.store_id
            and p.ends_at > a.starts_at
            and p.starts_at < :'as_of'::timestamptz
            and not p.is_up
    ) as going
where t.place <= :'most'::integer
order by r.name, t.event, t.place
