-- The stores that have not been polled for as much business time as a rule says, and
-- that are open now, by the clock. A store whose last poll is over a week old is not
-- expected any more. `all_silent` is for all stores at once, by the clock alone.
insert into due_alert (rule_id, store_id, value, store_ids, starts_at, may_open)
with

wanted as not materialized (
    select
        r.rule_id,
        split_part(w.label, ':', 1) as name,
        substr(w.label, strpos(w.label, ':') + 1) as value
    from alert_rule as r
    cross join unnest(r.labels) as w (label)
    where r.kind = 'silent'
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

stale as (
    select
        store_id,
        last_seen_at
    from store
    where
        last_seen_at > :'now'::timestamptz - interval '7 days'
        and last_seen_at <= :'now'::timestamptz - (
            select min(r.minutes) * interval '1 minute'
            from alert_rule as r
            where r.kind = 'silent'
        )
    offset 0  -- noqa: AM09
),

silent as materialized (
    select
        s.store_id,
        s.last_seen_at,
        seen.business
    from stale as s
    cross join
        lateral (
            select
                sum(
                    least(t.ends_at, :'now'::timestamptz)
                    - greatest(t.starts_at, s.last_seen_at)
                ) as business,
                bool_or(t.ends_at > :'now'::timestamptz) as is_open
            from timeline as t
            where
                t.store_id = s.store_id
                and t.ends_at > s.last_seen_at
                and t.starts_at <= :'now'::timestamptz
        ) as seen
    where seen.is_open
)

select
    r.rule_id,
    o.store_id,
    '' as value,
    '{}'::text[] as store_ids,
    o.last_seen_at as starts_at,
    true as may_open
from silent as o
inner join alert_rule as r
    on
        r.kind = 'silent'
        and o.business >= r.minutes * interval '1 minute'
        and (r.store_id is null or o.store_id = r.store_id)
where
    r.labels = '{}'
    or (r.rule_id, o.store_id) in (
        select
            l.rule_id,
            l.store_id
        from chosen as l
    )
union all
select
    rule_id,
    '' as store_id,
    '' as value,
    '{}'::text[] as store_ids,
    :'as_of'::timestamptz as starts_at,
    true as may_open
from alert_rule
where
    kind = 'all_silent'
    and :'as_of'::timestamptz > :'now'::timestamptz - interval '7 days'
    and :'as_of'::timestamptz
    <= :'now'::timestamptz - minutes * interval '1 minute'
