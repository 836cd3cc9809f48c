-- The business time of all asked stores in a range, and how much of it was up, down,
-- unobserved and excused, in seconds (rules 7 to 10). The first row is the total. Then
-- comes a row for each value of the label, with the time in which any of its stores was
-- down, and in which all were down that were within business hours. There must be one
-- of these, and an unobserved store is not down. A store whose time is excused is
-- neither. Stores without the label have a null value; they have no place in common,
-- and the total has neither. `stores` is the number of known stores with that value.
-- With a previous range, each row also has its figures there.
-- Optional: labels, previous_since, previous_until.
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

-- A store with excused time is told apart, for what is taken from its ranges.
stores as not materialized (
    select
        s.store_id,
        s.zone,
        min(v.value) as value,
        case
            when s.store_id in (select x.store_id from excused as x) then s.store_id
        end as excused_store
    from store as s
    left join store_label as v on s.store_id = v.store_id and v.name = :'label'
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

-- Each store also has a row without a time, so that it counts without business time.
periods as (
    select
        s.value,
        s.excused_store,
        t.is_up,
        1 as sign,
        t.starts_at,
        t.ends_at
    from stores as s
    inner join timeline as t on s.store_id = t.store_id
    where
        t.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        -- A period is at most a date long, so the key's range can end here. The bound
        -- is added up for each row, and days need the calendar: hours are quicker.
        and t.ends_at < :'until'::timestamptz + interval '48 hours'
        and t.starts_at < :'until'::timestamptz
    union all
    select
        s.value,
        s.excused_store,
        null as is_up,
        1 as sign,
        u.starts_at,
        u.ends_at
    from stores as s
    inner join unobserved as u on s.store_id = u.store_id
    union all
    select
        s.value,
        s.excused_store,
        x.is_up,
        -1 as sign,
        x.starts_at,
        x.ends_at
    from stores as s
    inner join excused as x on s.store_id = x.store_id
    union all
    select
        value,
        excused_store,
        null as is_up,
        1 as sign,
        null as starts_at,
        null as ends_at
    from stores
),

-- In whole microseconds: sums of intervals are slow, and those of floats inexact.
-- Excused time is taken from the status that it has, so its lengths are negative.
lengths as (
    select
        *,
        case
            when starts_at is not null
                then sign * greatest(
                    date_part(
                        'epoch',
                        least(ends_at, :'until'::timestamptz)
                        - greatest(starts_at, :'since'::timestamptz)
                    ) * 1000000, 0
                )::bigint
        end as length,
        case
            when starts_at is not null and :'previous_since'::timestamptz is not null
                then sign * greatest(
                    date_part(
                        'epoch',
                        least(ends_at, :'previous_until'::timestamptz)
                        - greatest(starts_at, :'previous_since'::timestamptz)
                    ) * 1000000, 0
                )::bigint
        end as previous_length
    from periods
),

-- The stores without excused time are one part of a place, each other store is one.
parts_of_places as (
    select
        value,
        excused_store,
        count(*) filter (where starts_at is null) as stores,
        coalesce(sum(length) filter (where sign > 0), 0) as business,
        coalesce(sum(length) filter (where is_up), 0) as up,
        coalesce(sum(length) filter (where not is_up), 0) as down,
        coalesce(-sum(length) filter (where sign < 0), 0) as excused,
        coalesce(sum(previous_length) filter (where sign > 0), 0)
            as previous_business,
        coalesce(sum(previous_length) filter (where is_up), 0) as previous_up,
        coalesce(sum(previous_length) filter (where not is_up), 0) as previous_down,
        coalesce(-sum(previous_length) filter (where sign < 0), 0)
            as previous_excused,
        range_agg(tstzrange(starts_at, ends_at))
        filter (where value is not null and not is_up) as any_down,
        range_agg(tstzrange(starts_at, ends_at))
        filter (
            where value is not null and starts_at is not null
            and is_up is distinct from false
        ) as not_down,
        range_agg(tstzrange(starts_at, ends_at)) filter (where sign < 0)
            as excused_ranges
    from lengths
    group by value, excused_store
),

places as (
    select
        value,
        sum(stores)::bigint as stores,
        sum(business) as business,
        sum(up) as up,
        sum(down) as down,
        sum(excused) as excused,
        sum(previous_business) as previous_business,
        sum(previous_up) as previous_up,
        sum(previous_down) as previous_down,
        sum(previous_excused) as previous_excused,
        range_agg(any_down - coalesce(excused_ranges, '{}')) as any_down,
        range_agg(not_down - coalesce(excused_ranges, '{}')) as not_down
    from parts_of_places
    group by value
),

ranges as (
    select
        tstzmultirange(tstzrange(:'since', :'until')) as now,
        tstzmultirange(
            tstzrange(
                coalesce(:'previous_since'::timestamptz, :'since'),
                coalesce(:'previous_until'::timestamptz, :'since')
            )
        ) as before
),

-- All are down where any is and none is otherwise.
downs as (
    select
        p.*,
        p.any_down * r.now as any_now,
        (p.any_down - coalesce(p.not_down, '{}')) * r.now as all_now,
        p.any_down * r.before as any_before,
        (p.any_down - coalesce(p.not_down, '{}')) * r.before as all_before
    from places as p
    cross join ranges as r
),

sums as (
    select
        d.*,
        false as is_total,
        case when d.value is not null then interval '0' end as never,
        (select sum(upper(r) - lower(r)) from unnest(d.any_now) as r) as any_length,
        (select sum(upper(r) - lower(r)) from unnest(d.all_now) as r) as all_length,
        (select sum(upper(r) - lower(r)) from unnest(d.any_before) as r)
            as previous_any_length,
        (select sum(upper(r) - lower(r)) from unnest(d.all_before) as r)
            as previous_all_length
    from downs as d
),

totals as (
    select
        is_total,
        value,
        stores,
        business,
        up,
        down,
        excused,
        previous_business,
        previous_up,
        previous_down,
        previous_excused,
        coalesce(any_length, never) as any_length,
        coalesce(all_length, never) as all_length,
        coalesce(previous_any_length, never) as previous_any_length,
        coalesce(previous_all_length, never) as previous_all_length
    from sums
    union all
    select
        true as is_total,
        null as value,
        coalesce(sum(stores), 0)::bigint as stores,
        coalesce(sum(business), 0) as business,
        coalesce(sum(up), 0) as up,
        coalesce(sum(down), 0) as down,
        coalesce(sum(excused), 0) as excused,
        coalesce(sum(previous_business), 0) as previous_business,
        coalesce(sum(previous_up), 0) as previous_up,
        coalesce(sum(previous_down), 0) as previous_down,
        coalesce(sum(previous_excused), 0) as previous_excused,
        null as any_length,
        null as all_length,
        null as previous_any_length,
        null as previous_all_length
    from places
)

select
    value,
    stores,
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
        as previous_uptime_percent,
    extract(epoch from any_length)::float as any_down_seconds,
    extract(epoch from all_length)::float as all_down_seconds,
    extract(epoch from previous_any_length)::float as previous_any_down_seconds,
    extract(epoch from previous_all_length)::float as previous_all_down_seconds
from totals
order by is_total desc, value asc nulls last
