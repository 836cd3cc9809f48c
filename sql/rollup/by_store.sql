-- The business time of each asked store in a range, and how much of it was up, down,
-- unobserved and excused, in seconds (rules 7 to 10). The first row is the total, which
-- has the number of stores. Then comes a row for each store by its id, also without
-- business time, at most `limit` rows in all. With a previous range, each row also has
-- its figures there.
-- Optional: labels, previous_since, previous_until, limit.
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
        s.display_name
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

pieces as not materialized (
    select
        s.store_id,
        t.is_up,
        false as is_excused,
        t.starts_at,
        t.ends_at
    from stores as s
    inner join timeline as t on s.store_id = t.store_id
    where
        t.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        -- A period is at most a date long, so the key's range can end here.
        and t.ends_at < :'until'::timestamptz + interval '48 hours'
        and t.starts_at < :'until'::timestamptz
    union all
    select
        s.store_id,
        null as is_up,
        false as is_excused,
        u.starts_at,
        u.ends_at
    from stores as s
    inner join unobserved as u on s.store_id = u.store_id
    union all
    select
        s.store_id,
        x.is_up,
        true as is_excused,
        x.starts_at,
        x.ends_at
    from stores as s
    inner join excused as x on s.store_id = x.store_id
),

-- In whole microseconds: sums of intervals are slow, and those of floats inexact.
lengths as (
    select
        store_id,
        is_up,
        is_excused,
        sum(
            greatest(
                date_part(
                    'epoch',
                    least(ends_at, :'until'::timestamptz)
                    - greatest(starts_at, :'since'::timestamptz)
                ) * 1000000, 0
            )::bigint
        ) as length,
        sum(
            case
                when :'previous_since'::timestamptz is not null
                    then greatest(
                        date_part(
                            'epoch',
                            least(ends_at, :'previous_until'::timestamptz)
                            - greatest(starts_at, :'previous_since'::timestamptz)
                        ) * 1000000, 0
                    )::bigint
            end
        ) as previous_length
    from pieces
    group by store_id, is_up, is_excused
),

-- Excused time is taken from the status that it has.
signed as (
    select
        *,
        case when is_excused then -1 else 1 end as sign
    from lengths
),

sums as (
    select
        s.store_id,
        s.display_name,
        count(distinct s.store_id) as stores,
        coalesce(sum(l.length) filter (where not l.is_excused), 0) as business,
        coalesce(sum(l.sign * l.length) filter (where l.is_up), 0) as up,
        coalesce(sum(l.sign * l.length) filter (where not l.is_up), 0) as down,
        coalesce(sum(l.length) filter (where l.is_excused), 0) as excused,
        coalesce(sum(l.previous_length) filter (where not l.is_excused), 0)
            as previous_business,
        coalesce(sum(l.sign * l.previous_length) filter (where l.is_up), 0)
            as previous_up,
        coalesce(sum(l.sign * l.previous_length) filter (where not l.is_up), 0)
            as previous_down,
        coalesce(sum(l.previous_length) filter (where l.is_excused), 0)
            as previous_excused
    from stores as s
    left join signed as l on s.store_id = l.store_id
    group by grouping sets ((), (s.store_id, s.display_name))
)

select
    store_id,
    display_name,
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
        as previous_uptime_percent
from sums
order by store_id asc nulls first
limit :'limit'::integer
