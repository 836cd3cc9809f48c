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

wanted as not materialized (
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
),

their_stores as (
    select store_id from wanted
    union
    select i.store_id
    from wanted as a
    cross join unnest(a.store_ids) as i (store_id)
),

-- Those of their stores that the viewer sees, and those that were granted by their id,
-- which may have been deleted since. A cluster plans this even without a
-- viewer, but not with null. Nobody has the id 0.
seen as materialized (
    select s.store_id
    from their_stores as t
    inner join store as s on t.store_id = s.store_id
    where
        exists (
            select 1
            from visible_store as v
            where
                v.user_id = coalesce(:'viewer'::integer, 0)
                and v.store_id = s.store_id
            offset 0  -- noqa: AM09
        )
    union
    select store_id
    from granted_store
    where user_id = coalesce(:'viewer'::integer, 0)
),

-- The values of labels of which the viewer sees all stores.
whole_value as materialized (
    select l.name || ':' || l.value as value
    from (
        select
            name,
            value,
            exists(
                select 1
                from visible_store as v
                where
                    v.user_id = coalesce(:'viewer'::integer, 0)
                    and v.store_id = store_label.store_id
            ) as is_seen
        from store_label
    ) as l
    group by l.name, l.value
    having bool_and(l.is_seen)
),

page as (
    select a.*
    from wanted as a
    where
        (
            :'after_open'::boolean is null
            or (a.is_open, a.opened_at, a.alert_id) < (
                :'after_open'::boolean, :'after_at'::timestamptz, :'after_id'::uuid
            )
        )
        and (
            :'viewer'::integer is null
            or a.store_id = ''
            or a.store_id in (select s.store_id from seen as s)
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
                where i.store_id not in (select s.store_id from seen as s)
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
    order by a.is_open desc, a.opened_at desc, a.alert_id desc
    limit :'limit'::integer
),

shown as materialized (
    select
        p.*,
        r.name as rule,
        r.kind
    from page as p
    inner join alert_rule as r on p.rule_id = r.rule_id
),

shown_stores as (
    select distinct store_id
    from shown
),

named as materialized (
    select
        s.store_id,
        s.display_name,
        s.zone,
        own.labels
    from shown_stores as i
    inner join store as s on i.store_id = s.store_id
    cross join
        lateral (
            select array_agg(l.name || ':' || l.value order by l.name) as labels
            from store_label as l
            where l.store_id = s.store_id
        ) as own
),

lengths as materialized (
    select
        p.alert_id,
        going.down
    from shown as p
    inner join store as s on p.store_id = s.store_id
    cross join
        lateral (
            select
                t.store_id,
                sum(least(t.ends_at, :'as_of'::timestamptz) - t.starts_at) as down
            from timeline as t
            where
                t.store_id = s.store_id
                and t.ends_at > p.starts_at
                and t.starts_at < coalesce(:'as_of'::timestamptz, '-infinity')
                and not t.is_up
            group by t.store_id
        ) as going
    where p.kind = 'down' and p.is_open
)

select
    p.alert_id,
    p.rule_id,
    p.rule,
    p.kind,
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
    coalesce(s.labels, '{}') as labels
from shown as p
left join named as s on p.store_id = s.store_id
left join lengths as going on p.alert_id = going.alert_id
order by p.is_open desc, p.opened_at desc, p.alert_id desc
