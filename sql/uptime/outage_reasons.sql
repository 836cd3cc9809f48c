-- For each outage of a list, in its order: the shares of its down time by the reasons
-- of its polls, the largest first. Each poll speaks for the time that has its status by
-- rules 5 and 6: from it until the next poll or the close, the time from the opening to
-- the first poll, and sessions without a poll that carry its status. All of these polls
-- are inside the outage. Time without a reason has the reason null. An outage whose
-- polls have no reason at all has no shares. The ends are those of uptime/outages, as
-- seen at as_of, so the time after them does not count. A row has three lists; without
-- shares, each has one null.
with

listed as (
    select *
    from
        unnest(
            :'store_ids'::text[],
            :'starts'::timestamptz[],
            :'ends'::timestamptz[]
        ) with ordinality as o (store_id, starts_at, ends_at, place)
),

-- All periods of an outage are down. Where one touches the one before, its session
-- follows on that of the other.
periods as (
    select
        t.store_id,
        o.place,
        o.ends_at as until,
        t.starts_at,
        t.ends_at,
        coalesce(
            t.starts_at = lag(t.ends_at) over (
                partition by t.store_id, o.place order by t.ends_at
            ), false
        ) as follows_on
    from listed as o
    inner join timeline as t
        on
            o.store_id = t.store_id
            and o.starts_at < t.ends_at
            -- A period is at most a date long, so the key's range can end here.
            and o.ends_at + interval '2 days' > t.ends_at
            and o.ends_at > t.starts_at
),

-- The start of each period, and the polls in it: the first, the last, and each one with
-- another reason than the one before. Those between change nothing.
moments as (
    select
        store_id,
        place,
        until,
        starts_at,
        ends_at,
        follows_on,
        starts_at as moment,
        null::timestamptz as observed_at,
        null as reason
    from periods
    union all
    select
        p.store_id,
        p.place,
        p.until,
        p.starts_at,
        p.ends_at,
        p.follows_on,
        e.observed_at as moment,
        e.observed_at,
        e.reason
    from periods as p
    cross join
        lateral (
            select
                l.observed_at,
                l.reason,
                lag(l.observed_at) over in_order is null as is_first,
                lead(l.observed_at) over in_order is null as is_last,
                lag(l.reason) over in_order as was_reason
            from poll as l
            where
                p.store_id = l.store_id
                and p.starts_at <= l.observed_at
                and p.ends_at > l.observed_at
            window in_order as (partition by l.store_id order by l.observed_at)
        ) as e
    where e.is_first or e.is_last or e.reason is distinct from e.was_reason
),

numbered as (
    select
        *,
        coalesce(lead(moment) over period, ends_at) as next_moment,
        lead(observed_at) over period as next_observed_at,
        lead(reason) over period as next_reason,
        count(observed_at) over (
            partition by store_id, place
            order by moment asc, observed_at asc nulls first
        ) as polls_so_far
    from moments
    window
        period as (
            partition by store_id, place, starts_at
            order by moment asc, observed_at asc nulls first
        )
),

-- The newest poll at each moment is the first of those with its number.
spoken_for as (
    select
        store_id,
        place,
        case
            when
                observed_at is null
                and next_observed_at is not null
                and (
                    follows_on
                    and first_value(observed_at) over newest
                    >= starts_at - :'carry'::interval
                ) is not true
                then next_reason
            else first_value(reason) over newest
        end as reason,
        least(next_moment, until) - moment as length
    from numbered
    where moment < until
    window
        newest as (
            partition by store_id, place, polls_so_far
            order by moment asc, observed_at asc nulls first
        )
),

shares as (
    select
        store_id,
        place,
        reason,
        sum(length) as down,
        sum(sum(length)) over one_outage as all_down,
        bool_or(reason is not null) over one_outage as is_known
    from spoken_for
    where length > '0'
    group by store_id, place, reason
    window one_outage as (partition by store_id, place)
),

ordered as (
    select
        store_id,
        place,
        reason,
        extract(epoch from down)::float as down_seconds,
        round(100 * extract(epoch from down) / extract(epoch from all_down), 2)::float
            as percent,
        row_number() over (
            partition by store_id, place order by down desc, reason asc nulls last
        ) as rank
    from shares
    where is_known
)

select
    array_agg(s.reason order by s.rank) as reason,
    array_agg(s.down_seconds order by s.rank) as down_seconds,
    array_agg(s.percent order by s.rank) as percent
from listed as o
left join ordered as s on o.store_id = s.store_id and o.place = s.place
group by o.place
order by o.place
