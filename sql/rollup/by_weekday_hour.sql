-- The business time of all asked stores in a range, and how much of it was up, down,
-- unobserved and excused, in seconds (rules 7 to 10), by weekday (0 is Monday) and hour
-- of each store's clock. The first row is the total, and then come all 168 groups.
-- `stores` is the number of asked stores. With a previous range, which ends where the
-- other begins, each row also has its figures there.
--
-- Cutting every period at every hour would make millions of pieces. So the edges of the
-- periods are counted in bins. As many stores have all of a bin as have begun before it
-- and not ended. The edges in a bin tell the rest. A bin is an hour of UTC, or shorter
-- in odd_zones, so that it is within one hour of the local clock.
-- Optional: labels, previous_since.
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
        s.zone,
        coalesce(
            (:'odd_steps'::interval[])[array_position(:'odd_zones'::text[], s.zone)],
            '1 hour'
        ) as step
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

-- This reads the timeline twice, which takes less time than to double each row.
edges as not materialized (
    select
        s.zone,
        s.step,
        t.is_up,
        greatest(
            t.starts_at, least(:'previous_since'::timestamptz, :'since'::timestamptz)
        ) as at,
        1 as one
    from stores as s
    inner join timeline as t on s.store_id = t.store_id
    where
        t.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        -- A period is at most a date long, so the key's range can end here.
        and t.ends_at < :'until'::timestamptz + interval '2 days'
        and t.starts_at < :'until'::timestamptz
    union all
    select
        s.zone,
        s.step,
        t.is_up,
        least(t.ends_at, :'until'::timestamptz) as at,
        -1 as one
    from stores as s
    inner join timeline as t on s.store_id = t.store_id
    where
        t.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        and t.ends_at < :'until'::timestamptz + interval '2 days'
        and t.starts_at < :'until'::timestamptz
),

unobserved_edges as not materialized (
    select
        s.zone,
        s.step,
        greatest(
            u.starts_at, least(:'previous_since'::timestamptz, :'since'::timestamptz)
        ) as at,
        1 as one
    from stores as s
    inner join unobserved as u on s.store_id = u.store_id
    where
        u.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        and u.starts_at < :'until'::timestamptz
    union all
    select
        s.zone,
        s.step,
        least(u.ends_at, :'until'::timestamptz) as at,
        -1 as one
    from stores as s
    inner join unobserved as u on s.store_id = u.store_id
    where
        u.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        and u.starts_at < :'until'::timestamptz
),

-- Excused time is taken from the status that it has, so it ends where it begins.
excused_edges as not materialized (
    select
        s.zone,
        s.step,
        x.is_up,
        greatest(
            x.starts_at, least(:'previous_since'::timestamptz, :'since'::timestamptz)
        ) as at,
        -1 as one
    from stores as s
    inner join excused as x on s.store_id = x.store_id
    where
        x.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        and x.starts_at < :'until'::timestamptz
    union all
    select
        s.zone,
        s.step,
        x.is_up,
        least(x.ends_at, :'until'::timestamptz) as at,
        1 as one
    from stores as s
    inner join excused as x on s.store_id = x.store_id
    where
        x.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        and x.starts_at < :'until'::timestamptz
),

-- An edge at or after `since` is in no bin that begins before. Instants are counted in
-- microseconds from `since`, which is fast and exact.
sums_of_edges as (
    select
        zone,
        is_up,
        false as is_excused,
        greatest(
            date_bin(step, at, timestamptz '2000-01-01 00:00Z'),
            case when at >= :'since'::timestamptz then :'since'::timestamptz end
        ) as bin,
        sum(one) as begun,
        sum(one * (date_part('epoch', at - :'since'::timestamptz) * 1000000)::bigint)
            as instants
    from edges
    group by zone, is_up, bin
    union all
    select
        zone,
        null::boolean as is_up,
        false as is_excused,
        greatest(
            date_bin(step, at, timestamptz '2000-01-01 00:00Z'),
            case when at >= :'since'::timestamptz then :'since'::timestamptz end
        ) as bin,
        sum(one) as begun,
        sum(one * (date_part('epoch', at - :'since'::timestamptz) * 1000000)::bigint)
            as instants
    from unobserved_edges
    group by zone, bin
    union all
    select
        zone,
        is_up,
        true as is_excused,
        greatest(
            date_bin(step, at, timestamptz '2000-01-01 00:00Z'),
            case when at >= :'since'::timestamptz then :'since'::timestamptz end
        ) as bin,
        sum(one) as begun,
        sum(one * (date_part('epoch', at - :'since'::timestamptz) * 1000000)::bigint)
            as instants
    from excused_edges
    group by zone, is_up, bin
),

bins as (
    select
        z.zone,
        q.bin
    from (select distinct
        s.zone,
        s.step
    from stores as s) as z
    cross join
        generate_series(
            date_bin(
                z.step,
                least(:'previous_since'::timestamptz, :'since'::timestamptz),
                timestamptz '2000-01-01 00:00Z'
            ),
            :'until'::timestamptz + z.step,
            z.step
        ) as q (bin)
    union all
    select distinct
        s.zone,
        :'since'::timestamptz as bin
    from stores as s
),

-- Every bin, also without an edge.
counted as (
    select
        zone,
        bin,
        coalesce(sum(begun) filter (where not is_excused), 0) as begun,
        coalesce(sum(begun) filter (where is_up), 0) as begun_up,
        coalesce(sum(begun) filter (where not is_up), 0) as begun_down,
        coalesce(-sum(begun) filter (where is_excused), 0) as begun_excused,
        coalesce(sum(instants) filter (where not is_excused), 0) as instants,
        coalesce(sum(instants) filter (where is_up), 0) as instants_up,
        coalesce(sum(instants) filter (where not is_up), 0) as instants_down,
        coalesce(-sum(instants) filter (where is_excused), 0) as instants_excused
    from (
        select * from sums_of_edges
        union all
        select
            zone,
            null::boolean as is_up,
            false as is_excused,
            bin,
            0 as begun,
            0 as instants
        from bins
    ) as e
    group by zone, bin
),

-- How many have begun before each bin and not ended, and where it ends.
running as (
    select
        *,
        coalesce(sum(begun) over before, 0) as all_of,
        coalesce(sum(begun_up) over before, 0) as up_of,
        coalesce(sum(begun_down) over before, 0) as down_of,
        coalesce(sum(begun_excused) over before, 0) as excused_of,
        date_part('epoch', lead(bin) over bins - bin) * 1000000 as width,
        date_part('epoch', lead(bin) over bins - :'since'::timestamptz) * 1000000
            as ends
    from counted
    window
        bins as (partition by zone order by bin),
        before as (bins rows between unbounded preceding and 1 preceding)
),

-- All of each bin for those that began before, and what its edges add or take away.
lengths as (
    select
        bin,
        bin at time zone zone as local_time,
        all_of * width::bigint + begun * ends::bigint - instants as business,
        up_of * width::bigint + begun_up * ends::bigint - instants_up as up,
        down_of * width::bigint + begun_down * ends::bigint - instants_down as down,
        excused_of * width::bigint + begun_excused * ends::bigint - instants_excused
            as excused
    from running
),

hours as (
    select
        extract(isodow from local_time)::integer - 1 as weekday,
        extract(hour from local_time)::integer as hour,
        bin < :'since'::timestamptz as is_previous,
        sum(business) as business,
        sum(up) as up,
        sum(down) as down,
        sum(excused) as excused
    from lengths
    group by weekday, hour, is_previous
),

sums as (
    select
        w.weekday,
        h.hour,
        coalesce(sum(l.business) filter (where not l.is_previous), 0) as business,
        coalesce(sum(l.up) filter (where not l.is_previous), 0) as up,
        coalesce(sum(l.down) filter (where not l.is_previous), 0) as down,
        coalesce(sum(l.excused) filter (where not l.is_previous), 0) as excused,
        coalesce(sum(l.business) filter (where l.is_previous), 0) as previous_business,
        coalesce(sum(l.up) filter (where l.is_previous), 0) as previous_up,
        coalesce(sum(l.down) filter (where l.is_previous), 0) as previous_down,
        coalesce(sum(l.excused) filter (where l.is_previous), 0) as previous_excused
    from generate_series(0, 6) as w (weekday)
    cross join generate_series(0, 23) as h (hour)
    left join hours as l on w.weekday = l.weekday and h.hour = l.hour
    group by grouping sets ((), (w.weekday, h.hour))
)

select
    weekday,
    hour,
    (select count(*) from stores) as stores,
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
order by weekday asc nulls first, hour asc
