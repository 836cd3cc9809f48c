-- Alerts, the open ones first and then those that opened last. A viewer sees the alerts
-- of the stores that they see. An alert of several stores is seen by whoever sees them
-- all, one of the uptime of a label value by whoever sees all its stores, and one that
-- no store is polled by everybody. The length of an open one is up to as_of.
-- Local times are those of the store's zone.
-- Optional: as_of, alert_id, rule_id, is_open, labels, after_open, after_at,
-- after_id.
with

-- The stores that have one of the wanted values of each wanted name. A store has one
-- value of each name, so it has as many matches as there are names.
labelled as not materialized (
    select l.store_id
    from store_label as l
    where
        (l.name, l.value) in (
            select
                split_part(w.label, ':', 1) as name,
                substr(w.label, strpos(w.label, ':') + 1) as value
            from unnest(:'labels'::text[]) as w (label)
        )
    group by l.store_id
    having
        count(*) = (
            select count(distinct split_part(w.label, ':', 1))
            from unnest(:'labels'::text[]) as w (label)
        )
),

-- The values of labels of which the viewer sees all stores.
whole_value as not materialized (
    select l.name || ':' || l.value as value
    from store_label as l
    group by l.name, l.value
    having
        bool_and(
            l.store_id in (
                select v.store_id
                from visible_store as v
                where v.user_id = :'viewer'::integer
            )
        )
),

visible as (
    select
        a.*,
        a.closed_at is null as is_open
    from alert as a
    where
        (:'alert_id'::uuid is null or a.alert_id = :'alert_id'::uuid)
        and (:'rule_id'::uuid is null or a.rule_id = :'rule_id'::uuid)
        and (
            :'is_open'::boolean is null
            or (a.closed_at is null) = :'is_open'::boolean
        )
        and (
            :'viewer'::integer is null
            or a.store_id = ''
            or exists (
                select 1
                from visible_store as v
                where v.user_id = :'viewer'::integer and v.store_id = a.store_id
                offset 0  -- noqa: AM09
            )
        )
        and (
            :'viewer'::integer is null
            or a.day is null
            or a.store_id <> ''
            or a.value in (select w.value from whole_value as w)
        )
        and (
            :'viewer'::integer is null
            or not exists (
                select 1
                from unnest(a.store_ids) as i (store_id)
                where
                    not exists (
                        select 1
                        from visible_store as v
                        where
                            v.user_id = :'viewer'::integer
                            and v.store_id = i.store_id
                    )
            )
        )
        and (
            :'labels'::text[] is null
            or a.store_id in (select l.store_id from labelled as l)
            or exists (
                select 1
                from unnest(a.store_ids) as i (store_id)
                where i.store_id in (select l.store_id from labelled as l)
            )
        )
),

page as (
    select *
    from visible
    where
        :'after_open'::boolean is null
        or (is_open, opened_at, alert_id) < (
            :'after_open'::boolean, :'after_at'::timestamptz, :'after_id'::uuid
        )
    order by is_open desc, opened_at desc, alert_id desc
    limit :'limit'::integer
)

select
    p.alert_id,
    p.rule_id,
    r.name as rule,
    r.kind,
    nullif(p.store_id, '') as store_id,
    nullif(p.value, '') as label,
    p.day as date,
    p.uptime_percent::float as uptime_percent,
    cardinality(p.store_ids) as stores,
    coalesce(nullif(s.display_name, ''), p.store_id) as name,
    coalesce(s.zone, 'UTC') as zone,
    p.starts_at,
    p.starts_at at time zone coalesce(s.zone, 'UTC') as starts_local,
    p.ended_at,
    p.ended_at at time zone coalesce(s.zone, 'UTC') as ended_local,
    nullif(p.ended_as, '') as ended_as,
    extract(epoch from coalesce(p.down, going.down))::float as down_seconds,
    p.is_open,
    p.opened_at,
    p.told_at,
    p.told_with,
    p.closed_at,
    p.acknowledged_at,
    p.acknowledged_by,
    p.comment,
    array(
        select l.name || ':' || l.value
        from store_label as l
        where l.store_id = p.store_id
        order by l.name
    ) as labels
from page as p
inner join alert_rule as r on p.rule_id = r.rule_id
left join store as s on p.store_id = s.store_id
cross join
    lateral (
        select sum(least(t.ends_at, :'as_of'::timestamptz) - t.starts_at) as down
        from timeline as t
        where
            r.kind = 'down'
            and p.is_open
            and t.store_id = p.store_id
            and t.ends_at > p.starts_at
            and t.starts_at < :'as_of'::timestamptz
            and not t.is_up
    ) as going
order by p.is_open desc, p.opened_at desc, p.alert_id desc
