-- The business time of all asked stores in a range, and how much of it was up, down,
-- unobserved and excused, in seconds (rules 7 to 10). The first row is the total. Then
-- comes a row for each value of the label, each local date, or each pair of both, at
-- most `limit` rows in all. Stores without the label have a null value, so that the
-- rows add up to the total. `stores` is the number of known stores with that value. A
-- value has every local date that the range touches in the zone of one of its stores.
--
-- With a previous range, each row also has its figures there. Those of a date are from
-- `shift_days` earlier.
-- Optional: labels, label, by_day, previous_since, previous_until, shift_days, limit.
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

-- The planner knows how many values all labels have together, but not how many this one
-- has. `min` keeps it from expecting so many groups that it does not sum in parallel.
stores as not materialized (
    select
        s.store_id,
        s.zone,
        min(v.value) as value
    from store as s
    left join store_label as v
        on s.store_id = v.store_id and v.name = coalesce(:'label', '')
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
    group by s.store_id
),

-- In whole microseconds: sums of intervals are slow, and those of floats inexact.
-- Excused time is taken from the status that it has, so its lengths are negative.
lengths as materialized (
    select
        s.value,
        case when :'by_day'::boolean then t.day end as day,
        t.is_up,
        false as is_excused,
        sum(
            greatest(
                date_part(
                    'epoch',
                    least(t.ends_at, :'until'::timestamptz)
                    - greatest(t.starts_at, :'since'::timestamptz)
                ) * 1000000, 0
            )::bigint
        ) as length,
        sum(
            case
                when :'previous_since'::timestamptz is not null
                    then greatest(
                        date_part(
                            'epoch',
                            least(t.ends_at, :'previous_until'::timestamptz)
                            - greatest(t.starts_at, :'previous_since'::timestamptz)
                        ) * 1000000, 0
                    )::bigint
            end
        ) as previous_length
    from stores as s
    inner join timeline as t on s.store_id = t.store_id
    where
        t.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        -- A period is at most a date long, so the key's range can end here. The bound
        -- is added up for each row, and days need the calendar: hours are quicker.
        and t.ends_at < :'until'::timestamptz + interval '48 hours'
        and t.starts_at < :'until'::timestamptz
    group by
        s.value,
        case when :'by_day'::boolean then t.day end,
        t.is_up
    union all
    select
        s.value,
        case when :'by_day'::boolean then u.day end as day,
        null as is_up,
        false as is_excused,
        sum(
            greatest(
                date_part(
                    'epoch',
                    least(u.ends_at, :'until'::timestamptz)
                    - greatest(u.starts_at, :'since'::timestamptz)
                ) * 1000000, 0
            )::bigint
        ) as length,
        sum(
            case
                when :'previous_since'::timestamptz is not null
                    then greatest(
                        date_part(
                            'epoch',
                            least(u.ends_at, :'previous_until'::timestamptz)
                            - greatest(u.starts_at, :'previous_since'::timestamptz)
                        ) * 1000000, 0
                    )::bigint
            end
        ) as previous_length
    from stores as s
    inner join unobserved as u on s.store_id = u.store_id
    group by
        s.value,
        case when :'by_day'::boolean then u.day end
    union all
    select
        s.value,
        case when :'by_day'::boolean then x.day end as day,
        x.is_up,
        true as is_excused,
        -sum(
            greatest(
                date_part(
                    'epoch',
                    least(x.ends_at, :'until'::timestamptz)
                    - greatest(x.starts_at, :'since'::timestamptz)
                ) * 1000000, 0
            )::bigint
        ) as length,
        -sum(
            case
                when :'previous_since'::timestamptz is not null
                    then greatest(
                        date_part(
                            'epoch',
                            least(x.ends_at, :'previous_until'::timestamptz)
                            - greatest(x.starts_at, :'previous_since'::timestamptz)
                        ) * 1000000, 0
                    )::bigint
            end
        ) as previous_length
    from stores as s
    inner join excused as x on s.store_id = x.store_id
    group by
        s.value,
        case when :'by_day'::boolean then x.day end,
        x.is_up
),

places as materialized (
    select
        value,
        zone,
        sum(count(*)) over (partition by value) as stores
    from stores
    group by value, zone
),

groups as (
    select distinct
        value,
        null::date as day,
        stores
    from places
    where :'by_day'::boolean is not true
    union
    select
        p.value,
        d.day::date as day,
        p.stores
    from places as p
    cross join
        generate_series(
            (:'since'::timestamptz at time zone p.zone)::date - 1,
            (:'until'::timestamptz at time zone p.zone)::date + 1,
            '1 day'
        ) as d (day)
    where
        :'by_day'::boolean
        and d.day::timestamp at time zone p.zone < :'until'::timestamptz
        and (d.day::timestamp + interval '1 day') at time zone p.zone
        > :'since'::timestamptz
),

-- Every group, also without business time. A date of the previous range counts as the
-- date that it is compared with.
parts as (
    select
        value,
        day,
        stores,
        null::boolean as is_up,
        null::boolean as is_excused,
        null::numeric as length,
        null::numeric as previous_length
    from groups
    union all
    select
        value,
        day,
        null as stores,
        is_up,
        is_excused,
        length,
        null as previous_length
    from lengths
    where length <> 0
    union all
    select
        value,
        day + :'shift_days'::integer as day,
        null as stores,
        is_up,
        is_excused,
        null as length,
        previous_length
    from lengths
    where previous_length <> 0
),

sums as (
    select
        grouping(value) = 1 as is_total,
        value,
        day,
        max(stores) as stores,
        coalesce(sum(length) filter (where not is_excused), 0) as business,
        coalesce(sum(length) filter (where is_up), 0) as up,
        coalesce(sum(length) filter (where not is_up), 0) as down,
        coalesce(-sum(length) filter (where is_excused), 0) as excused,
        coalesce(sum(previous_length) filter (where not is_excused), 0)
            as previous_business,
        coalesce(sum(previous_length) filter (where is_up), 0) as previous_up,
        coalesce(sum(previous_length) filter (where not is_up), 0) as previous_down,
        coalesce(-sum(previous_length) filter (where is_excused), 0)
            as previous_excused
    from parts
    group by grouping sets ((), (value, day))
)

select
    value,
    day,
    case
        when is_total then (select count(*) from stores)
        else max(stores) over (partition by is_total, value)
    end::bigint as stores,
    round(business / 1000000, 6)::float as business_seconds,
    round(up / 1000000, 6)::float as up_seconds,
    round(down / 1000000, 6)::float as down_seconds,
    round((business - up - down - excused) / 1000000, 6)::float
        as unobserved_seconds,
    round(excused / 1000000, 6)::float as excused_seconds,
    round(100 * up / nullif(up + down, 0), 2)::float as uptime_percent,
    round(previous_business / 1000000, 6)::float as previous_business_seconds,
    round(previous_up / 1000000, 6)::float as previous_up_seconds,
    round(previous_down / 1000000, 6)::float as previous_down_seconds,
    round(
        (previous_business - previous_up - previous_down - previous_excused)
        / 1000000, 6
    )::float as previous_unobserved_seconds,
    round(previous_excused / 1000000, 6)::float as previous_excused_seconds,
    round(100 * previous_up / nullif(previous_up + previous_down, 0), 2)::float
        as previous_uptime_percent
from sums
order by is_total desc, value asc nulls last, day asc
limit :'limit'::integer
