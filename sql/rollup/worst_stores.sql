-- The stores with the most downtime in a range, the worst first, at most `limit`, with
-- their figures there in seconds (rules 8 to 10). Stores that were never down, or only
-- in excused time, are left out. `days` has the last seven local dates up to its end:
-- how many percent of the business time of each were down, unobserved and excused, or
-- null if it had none.
-- Optional: labels, limit.
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

stores as not materialized (
    select
        s.store_id,
        s.display_name,
        s.zone
    from store as s
    where
        (
            :'viewer'::integer is null
            or exists (
                select 1
                from visible_store as seen
                where
                    seen.user_id = :'viewer'::integer
                    and seen.store_id = s.store_id
            )
        )
        and (
            :'labels'::text[] is null
            or exists (
                select from labelled as l
                where l.store_id = s.store_id
            )
        )
),

-- In whole microseconds: sums of intervals are slow, and those of floats inexact.
downtimes as (
    select
        t.store_id,
        sum(
            (
                date_part(
                    'epoch',
                    least(t.ends_at, :'until'::timestamptz)
                    - greatest(t.starts_at, :'since'::timestamptz)
                ) * 1000000
            )::bigint
        ) as down
    from stores as s
    inner join timeline as t on s.store_id = t.store_id
    where
        not t.is_up
        and t.ends_at > :'since'::timestamptz
        -- A period is at most a date long, so the key's range can end here.
        and t.ends_at < :'until'::timestamptz + interval '2 days'
        and t.starts_at < :'until'::timestamptz
    group by t.store_id
),

excused_downtimes as (
    select
        x.store_id,
        sum(
            greatest(
                date_part(
                    'epoch',
                    least(x.ends_at, :'until'::timestamptz)
                    - greatest(x.starts_at, :'since'::timestamptz)
                ) * 1000000, 0
            )::bigint
        ) as down
    from excused as x
    where not x.is_up
    group by x.store_id
),

worst as materialized (
    select
        s.store_id,
        s.display_name,
        s.zone,
        d.down - coalesce(x.down, 0) as down
    from downtimes as d
    inner join stores as s on d.store_id = s.store_id
    left join excused_downtimes as x on d.store_id = x.store_id
    where d.down > coalesce(x.down, 0)
    order by d.down - coalesce(x.down, 0) desc, s.store_id asc
    limit :'limit'::integer
),

pieces as (
    select
        t.store_id,
        t.day,
        t.is_up,
        false as is_excused,
        t.starts_at,
        t.ends_at
    from worst as w
    inner join timeline as t on w.store_id = t.store_id
    where
        t.ends_at > :'since'::timestamptz
        and t.ends_at < :'until'::timestamptz + interval '2 days'
        and t.starts_at < :'until'::timestamptz
    union all
    select
        u.store_id,
        u.day,
        null::boolean as is_up,
        false as is_excused,
        u.starts_at,
        u.ends_at
    from worst as w
    inner join unobserved as u on w.store_id = u.store_id
    where
        u.ends_at > :'since'::timestamptz
        and u.starts_at < :'until'::timestamptz
    union all
    select
        x.store_id,
        x.day,
        x.is_up,
        true as is_excused,
        x.starts_at,
        x.ends_at
    from worst as w
    inner join excused as x on w.store_id = x.store_id
    where
        x.ends_at > :'since'::timestamptz
        and x.starts_at < :'until'::timestamptz
),

-- Excused time is taken from the status that it has, so its lengths are negative.
lengths as materialized (
    select
        store_id,
        day,
        is_up,
        is_excused,
        case when is_excused then -1 else 1 end
        * sum(
            (
                date_part(
                    'epoch',
                    least(ends_at, :'until'::timestamptz)
                    - greatest(starts_at, :'since'::timestamptz)
                ) * 1000000
            )::bigint
        ) as length
    from pieces
    group by store_id, day, is_up, is_excused
),

sums as (
    select
        store_id,
        sum(length) filter (where not is_excused) as business,
        coalesce(sum(length) filter (where is_up), 0) as up,
        coalesce(-sum(length) filter (where is_excused), 0) as excused
    from lengths
    group by store_id
),

sums_of_days as (
    select
        store_id,
        day,
        sum(length) filter (where not is_excused) as business,
        coalesce(sum(length) filter (where not is_up), 0) as down,
        coalesce(sum(length) filter (where is_up is null), 0) as unobserved,
        coalesce(-sum(length) filter (where is_excused), 0) as excused
    from lengths
    group by store_id, day
),

dates as (
    select
        w.store_id,
        (:'until'::timestamptz at time zone w.zone)::date - n.number as day
    from worst as w
    cross join generate_series(0, 6) as n (number)
),

days as (
    select
        d.store_id,
        json_agg(
            json_build_object(
                'day', d.day,
                'down_percent', round(100 * l.down / l.business, 1),
                'unobserved_percent', round(100 * l.unobserved / l.business, 1),
                'excused_percent', round(100 * l.excused / l.business, 1)
            )
            order by d.day
        ) as days
    from dates as d
    left join sums_of_days as l on d.store_id = l.store_id and d.day = l.day
    group by d.store_id
),

labels as materialized (
    select
        l.store_id,
        json_object_agg(l.name, l.value order by l.name) as labels
    from store_label as l
    inner join worst as w on l.store_id = w.store_id
    group by l.store_id
)

select
    w.store_id,
    w.display_name,
    round(s.business / 1000000, 6)::float as business_seconds,
    round(s.up / 1000000, 6)::float as up_seconds,
    round(w.down / 1000000, 6)::float as down_seconds,
    round((s.business - s.up - w.down - s.excused) / 1000000, 6)::float
        as unobserved_seconds,
    round(s.excused / 1000000, 6)::float as excused_seconds,
    round(100 * s.up / (s.up + w.down), 2)::float as uptime_percent,
    d.days,
    coalesce(l.labels, '{}') as labels
from worst as w
inner join sums as s on w.store_id = s.store_id
inner join days as d on w.store_id = d.store_id
left join labels as l on w.store_id = l.store_id
order by w.down desc, w.store_id asc
