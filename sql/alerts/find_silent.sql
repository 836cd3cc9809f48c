-- The stores that have not been polled for as much business time as a rule says, and
-- that are open now, by the clock. A store whose last poll is over a week old is not
-- expected any more. `all_silent` is for all stores at once, by the clock alone.
insert into due_alert (rule_id, store_id, value, store_ids, starts_at, may_open)
with

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
        from chosen_store as l
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
