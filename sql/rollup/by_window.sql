-- The business time of all asked stores in several windows, and how much of it was up,
-- down, unobserved and excused, in seconds (rules 7 to 10). Each row is a window, in
-- the order of the lists, with its figures and those of its previous range. All of them
-- are between `since` and `until`, so that the timeline is read once.
--
-- A null in the lists is a window without a previous range.
-- Optional: labels.
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
    select s.store_id
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
            or s.store_id in (select l.store_id from labelled as l)
        )
),

windows as not materialized (
    select
        w.place,
        false as is_previous,
        w.since,
        w.until
    from
        unnest(:'sinces'::timestamptz[], :'untils'::timestamptz[])
        with ordinality as w (since, until, place)
    union all
    select
        w.place,
        true as is_previous,
        w.since,
        w.until
    from
        unnest(:'previous_sinces'::timestamptz[], :'previous_untils'::timestamptz[])
        with ordinality as w (since, until, place)
),

-- In whole microseconds: sums of intervals are slow, and those of floats inexact.
-- Excused time is taken from the status that it has, so its lengths are negative.
lengths as (
    select
        w.place,
        w.is_previous,
        t.is_up,
        false as is_excused,
        sum(
            (
                date_part(
                    'epoch',
                    least(t.ends_at, w.until) - greatest(t.starts_at, w.since)
                ) * 1000000
            )::bigint
        ) as length
    from stores as s
    inner join timeline as t on s.store_id = t.store_id
    inner join windows as w on t.ends_at > w.since and t.starts_at < w.until
    where
        t.ends_at > :'since'::timestamptz
        -- A period is at most a date long, so the key's range can end here. The bound
        -- is added up for each row, and days need the calendar: hours are quicker.
        and t.ends_at < :'until'::timestamptz + interval '48 hours'
        and t.starts_at < :'until'::timestamptz
    group by w.place, w.is_previous, t.is_up
    union all
    select
        w.place,
        w.is_previous,
        null as is_up,
        false as is_excused,
        sum(
            (
                date_part(
                    'epoch',
                    least(u.ends_at, w.until) - greatest(u.starts_at, w.since)
                ) * 1000000
            )::bigint
        ) as length
    from stores as s
    inner join unobserved as u on s.store_id = u.store_id
    inner join windows as w on u.ends_at > w.since and u.starts_at < w.until
    group by w.place, w.is_previous
    union all
    select
        w.place,
        w.is_previous,
        x.is_up,
        true as is_excused,
        -sum(
            (
                date_part(
                    'epoch',
                    least(x.ends_at, w.until) - greatest(x.starts_at, w.since)
                ) * 1000000
            )::bigint
        ) as length
    from stores as s
    inner join excused as x on s.store_id = x.store_id
    inner join windows as w on x.ends_at > w.since and x.starts_at < w.until
    group by w.place, w.is_previous, x.is_up
),

sums as (
    select
        w.place,
        w.is_previous,
        coalesce(sum(l.length) filter (where not l.is_excused), 0) as business,
        coalesce(sum(l.length) filter (where l.is_up), 0) as up,
        coalesce(sum(l.length) filter (where not l.is_up), 0) as down,
        coalesce(-sum(l.length) filter (where l.is_excused), 0) as excused
    from windows as w
    left join lengths as l
        on w.place = l.place and w.is_previous = l.is_previous
    group by w.place, w.is_previous
)

select
    round(n.business / 1000000, 6)::float as business_seconds,
    round(n.up / 1000000, 6)::float as up_seconds,
    round(n.down / 1000000, 6)::float as down_seconds,
    round((n.business - n.up - n.down - n.excused) / 1000000, 6)::float
        as unobserved_seconds,
    round(n.excused / 1000000, 6)::float as excused_seconds,
    round(100 * n.up / nullif(n.up + n.down, 0), 2)::float as uptime_percent,
    round(p.business / 1000000, 6)::float as previous_business_seconds,
    round(p.up / 1000000, 6)::float as previous_up_seconds,
    round(p.down / 1000000, 6)::float as previous_down_seconds,
    round((p.business - p.up - p.down - p.excused) / 1000000, 6)::float
        as previous_unobserved_seconds,
    round(p.excused / 1000000, 6)::float as previous_excused_seconds,
    round(100 * p.up / nullif(p.up + p.down, 0), 2)::float
        as previous_uptime_percent
from sums as n
inner join sums as p on n.place = p.place and p.is_previous
where not n.is_previous
order by n.place
