-- How the stores of each target do in a calendar month, in seconds, by local dates. The
-- business time after as_of is still to come, whatever the timeline carries into it.
-- The budget is the part of the month's business time that may be down; unobserved and
-- excused time are no part of it. `spent` is the down time. `gone_on` is the date on
-- which more than the budget is spent, if the time to come is down for the same share
-- as the observed time so far. It is null if the budget lasts.
--
-- `stores` is the number of stores that the viewer sees. Who does not see all stores
-- sees no target without one.
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

target_stores as (
    select
        t.label,
        s.store_id
    from uptime_target as t
    inner join store as s
        on
            t.label = 'all'
            or exists (
                select from store_label as l
                where
                    l.store_id = s.store_id
                    and l.name = split_part(t.label, ':', 1)
                    and l.value = substr(t.label, strpos(t.label, ':') + 1)
            )
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
-- Excused time is taken from the status that it has, so its lengths are negative.
lengths as (
    select
        s.label,
        t.day,
        t.is_up,
        false as is_excused,
        sum(
            greatest(
                date_part(
                    'epoch', least(t.ends_at, :'as_of'::timestamptz) - t.starts_at
                ) * 1000000, 0
            )::bigint
        ) as past,
        sum(
            greatest(
                date_part(
                    'epoch', t.ends_at - greatest(t.starts_at, :'as_of'::timestamptz)
                ) * 1000000, 0
            )::bigint
        ) as future
    from target_stores as s
    inner join timeline as t on s.store_id = t.store_id
    where
        t.ends_at > :'since'::timestamptz
        and t.ends_at < :'until'::timestamptz
        and t.day >= :'first_day'::date
        and t.day <= :'last_day'::date
    group by s.label, t.day, t.is_up
    union all
    select
        s.label,
        u.day,
        null as is_up,
        false as is_excused,
        sum(
            greatest(
                date_part(
                    'epoch', least(u.ends_at, :'as_of'::timestamptz) - u.starts_at
                ) * 1000000, 0
            )::bigint
        ) as past,
        sum(
            greatest(
                date_part(
                    'epoch', u.ends_at - greatest(u.starts_at, :'as_of'::timestamptz)
                ) * 1000000, 0
            )::bigint
        ) as future
    from target_stores as s
    inner join unobserved as u on s.store_id = u.store_id
    where u.day >= :'first_day'::date and u.day <= :'last_day'::date
    group by s.label, u.day
    union all
    select
        s.label,
        x.day,
        x.is_up,
        true as is_excused,
        -sum(
            greatest(
                date_part(
                    'epoch', least(x.ends_at, :'as_of'::timestamptz) - x.starts_at
                ) * 1000000, 0
            )::bigint
        ) as past,
        -sum(
            greatest(
                date_part(
                    'epoch', x.ends_at - greatest(x.starts_at, :'as_of'::timestamptz)
                ) * 1000000, 0
            )::bigint
        ) as future
    from target_stores as s
    inner join excused as x on s.store_id = x.store_id
    where x.day >= :'first_day'::date and x.day <= :'last_day'::date
    group by s.label, x.day, x.is_up
),

days as (
    select
        label,
        day,
        coalesce(sum(past) filter (where is_up), 0) as up,
        coalesce(sum(past) filter (where not is_up), 0) as down,
        coalesce(sum(past) filter (where is_up is null), 0) as unobserved,
        coalesce(-sum(past) filter (where is_excused), 0) as excused,
        coalesce(sum(future), 0) as future
    from lengths
    group by label, day
),

sums as (
    select
        label,
        sum(up) as up,
        sum(down) as down,
        sum(unobserved) as unobserved,
        sum(excused) as excused,
        sum(future) as future
    from days
    group by label
),

counts as (
    select
        label,
        count(*) as stores
    from target_stores
    group by label
),

budgets as (
    select
        t.label,
        t.percent,
        coalesce(c.stores, 0) as stores,
        coalesce(s.up, 0) as up,
        coalesce(s.down, 0) as down,
        coalesce(s.unobserved, 0) as unobserved,
        coalesce(s.excused, 0) as excused,
        coalesce(s.future, 0) as future,
        (100 - t.percent) / 100 * coalesce(s.up + s.down + s.future, 0) as budget,
        coalesce(s.down / nullif(s.up + s.down, 0), 0) as down_share
    from uptime_target as t
    left join counts as c on t.label = c.label
    left join sums as s on t.label = s.label
    where c.stores > 0 or :'viewer'::integer is null
),

spent_by_day as (
    select
        d.label,
        d.day,
        b.budget,
        sum(d.down + d.future * b.down_share) over (
            partition by d.label order by d.day
        ) as spent
    from days as d
    inner join budgets as b on d.label = b.label
),

gone as (
    select
        label,
        min(day) as day
    from spent_by_day
    where spent > budget
    group by label
)

select
    b.label,
    b.percent::float as target_percent,
    b.stores,
    round(b.up / 1000000, 6)::float as up_seconds,
    round(b.down / 1000000, 6)::float as down_seconds,
    round(b.unobserved / 1000000, 6)::float as unobserved_seconds,
    round(b.excused / 1000000, 6)::float as excused_seconds,
    round(b.future / 1000000, 6)::float as future_seconds,
    round(100 * b.up / nullif(b.up + b.down, 0), 2)::float as uptime_percent,
    round(b.budget / 1000000, 6)::float as budget_seconds,
    round((b.budget - b.down) / 1000000, 6)::float as left_seconds,
    b.down > b.budget as is_gone,
    g.day as gone_on
from budgets as b
left join gone as g on b.label = g.label
order by b.label
