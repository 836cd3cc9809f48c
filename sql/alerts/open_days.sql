-- An alert for the uptime of a local date that is lower than a rule wants. The stores
-- of a rule are one group, or with `label_name` those of each value. A group's date is
-- over when it is over in the zone of each of its stores. It is looked at once, in the
-- first evaluation with a poll after it. Only the last one counts, and none that was
-- over 26 hours ago. Unobserved and excused time is neither up nor down.
--
-- `store_ids` are the stores that were down on the date, the longest first.
insert into alert (
    alert_id,
    rule_id,
    store_id,
    value,
    store_ids,
    day,
    uptime_percent,
    starts_at,
    ended_at,
    down,
    opened_at,
    acknowledged_by,
    comment,
    ended_as
)
with

dates as materialized (
    select
        z.zone,
        d.day::date as day,
        d.day::date::timestamp at time zone z.zone as starts_at,
        (d.day::date + 1)::timestamp at time zone z.zone as ends_at
    from (
        select distinct zone
        from store
    ) as z
    cross join
        generate_series(
            (:'as_of'::timestamptz at time zone 'UTC')::date - 2,
            (:'as_of'::timestamptz at time zone 'UTC')::date,
            '1 day'
        ) as d (day)
),

rules as materialized (
    select
        rule_id,
        store_id,
        labels,
        label_name,
        percent,
        greatest(judged_until, :'now'::timestamptz - interval '26 hours') as since
    from alert_rule
    where kind = 'uptime'
),

due_rules as materialized (
    select *
    from rules as r
    where
        exists (
            select from dates as d
            where d.ends_at > r.since and d.ends_at <= :'as_of'::timestamptz
        )
),

members as materialized (
    select
        r.rule_id,
        r.percent,
        r.since,
        coalesce(r.store_id, '') as rule_store_id,
        s.store_id,
        s.zone,
        coalesce(v.name || ':' || v.value, array_to_string(r.labels, ', ')) as value
    from due_rules as r
    inner join store as s on r.store_id is null or r.store_id = s.store_id
    left join store_label as v on s.store_id = v.store_id and r.label_name = v.name
    where
        (r.label_name = '' or v.store_id is not null)
        and (
            r.labels = '{}'
            or (r.rule_id, s.store_id) in (
                select
                    l.rule_id,
                    l.store_id
                from chosen_store as l
            )
        )
),

ended as (
    select distinct on (m.rule_id, m.value)
        m.rule_id,
        m.value,
        m.since,
        d.day,
        min(d.starts_at) as starts_at,
        max(d.ends_at) as ends_at
    from (
        select distinct
            rule_id,
            value,
            since,
            zone
        from members
    ) as m
    inner join dates as d on m.zone = d.zone
    group by m.rule_id, m.value, m.since, d.day
    having max(d.ends_at) <= :'as_of'::timestamptz
    order by m.rule_id asc, m.value asc, d.day desc
),

excused as materialized (
    select
        store_id,
        range_agg(tstzrange(starts_at, ends_at)) as stretches
    from store_excused
    where ends_at > :'as_of'::timestamptz - interval '4 days'
    group by store_id
),

lengths as (
    select
        m.rule_id,
        m.rule_store_id,
        m.value,
        m.percent,
        m.store_id,
        e.day,
        e.starts_at,
        e.ends_at,
        coalesce(sum(counted.length) filter (where t.is_up), '0') as up,
        coalesce(sum(counted.length) filter (where not t.is_up), '0') as down
    from ended as e
    inner join members as m on e.rule_id = m.rule_id and e.value = m.value
    inner join timeline as t
        on
            m.store_id = t.store_id
            and e.day = t.day
    left join excused as x on m.store_id = x.store_id
    cross join
        lateral (
            select sum(upper(c.part) - lower(c.part)) as length
            from
                unnest(
                    tstzmultirange(tstzrange(t.starts_at, t.ends_at))
                    - coalesce(x.stretches, '{}')
                ) as c (part)
        ) as counted
    where
        e.ends_at > e.since
        and t.ends_at > e.starts_at
        and t.ends_at <= e.ends_at
    group by
        m.rule_id,
        m.rule_store_id,
        m.value,
        m.percent,
        m.store_id,
        e.day,
        e.starts_at,
        e.ends_at
),

sums as (
    select
        rule_id,
        rule_store_id,
        value,
        percent,
        day,
        starts_at,
        ends_at,
        extract(epoch from sum(up)) as up,
        extract(epoch from sum(down)) as down,
        array_agg(store_id order by down desc, store_id asc) filter (where down > '0')
            as store_ids
    from lengths
    group by rule_id, rule_store_id, value, percent, day, starts_at, ends_at
)

select
    gen_random_uuid() as alert_id,
    s.rule_id,
    s.rule_store_id as store_id,
    s.value,
    case when s.rule_store_id = '' then s.store_ids else '{}' end as store_ids,
    s.day,
    round(100 * s.up / (s.up + s.down), 2) as uptime_percent,
    s.starts_at,
    s.ends_at as ended_at,
    s.down * interval '1 second' as down,
    :'now'::timestamptz as opened_at,
    '' as acknowledged_by,
    '' as comment,
    '' as ended_as
from sums as s
where
    s.down > 0
    and round(100 * s.up / (s.up + s.down), 2) < s.percent
    and not exists (
        select from alert as a
        where
            a.rule_id = s.rule_id
            and a.store_id = s.rule_store_id
            and a.value = s.value
            and a.day = s.day
    )
