-- What is planned, for people: the stores in groups whose hours of the date are alike
-- before and after. Hours are special, of the `week`, of a store that is `always` open
-- since it has no hours, or `unknown` (rule 2). Each group has the number of its
-- stores, the first of them, and for how many the date has begun at `now` on their
-- clock.
-- A group `is_alike` if its stores are open at the same times before and after: as in
-- the week, or by special hours.
-- At most `most_groups` groups that change, the largest first, and all others.
-- `digest` is of the whole plan. It differs if any store or its hours do.
with

-- The rows of the week that open on the date's weekday.
states as (
    select
        p.*,
        coalesce(nullif(s.display_name, ''), p.store_id) as name,
        :'date'::date::timestamp at time zone s.zone <= :'now'::timestamptz
            as has_begun,
        w.starts as starts_of_week,
        w.ends as ends_of_week,
        case
            when
                exists (
                    select 1
                    from unsettled as u
                    where u.store_id = p.store_id and u.missing = 'hours'
                )
                then 'unknown'
            when w.has_hours then 'week'
            else 'always'
        end as kind_of_week
    from special_plan as p
    inner join store as s on p.store_id = s.store_id
    cross join
        lateral (
            select
                count(*) > 0 as has_hours,
                coalesce(
                    array_agg(h.starts order by h.starts, h.ends)
                    filter (
                        where h.weekday = extract(isodow from :'date'::date) - 1
                    ), '{}'
                ) as starts,
                coalesce(
                    array_agg(h.ends order by h.starts, h.ends)
                    filter (
                        where h.weekday = extract(isodow from :'date'::date) - 1
                    ), '{}'
                ) as ends
            from business_hours as h
            where h.store_id = p.store_id
        ) as w
),

-- Which hours a store has that does not change only matters if somebody changed them.
hours as (
    select
        store_id,
        name,
        fate,
        has_begun,
        case
            when fate not in ('set', 'changed_since') then null
            when starts_before is not null then 'special'
            else kind_of_week
        end as kind_before,
        case
            when fate in ('set', 'changed_since')
                then coalesce(starts_before, starts_of_week)
        end as starts_before,
        case
            when fate in ('set', 'changed_since')
                then coalesce(ends_before, ends_of_week)
        end as ends_before,
        case
            when fate != 'set' then null
            when starts_after is not null then 'special'
            else kind_of_week
        end as kind_after,
        case
            when fate = 'set' then coalesce(starts_after, starts_of_week)
        end as starts_after,
        case
            when fate = 'set' then coalesce(ends_after, ends_of_week)
        end as ends_after
    from states
),

groups as (
    select
        fate,
        kind_before,
        starts_before,
        ends_before,
        kind_after,
        starts_after,
        ends_after,
        coalesce(
            kind_before in ('special', 'week')
            and kind_after in ('special', 'week')
            and starts_before = starts_after
            and ends_before = ends_after, false
        ) as is_alike,
        count(*) as stores,
        count(*) filter (where has_begun) as begun,
        (array_agg(store_id order by store_id))[:(:'most_stores'::integer)]
            as store_ids,
        (array_agg(name order by store_id))[:(:'most_stores'::integer)] as names
    from hours
    group by
        fate,
        kind_before,
        starts_before,
        ends_before,
        kind_after,
        starts_after,
        ends_after
),

ranked as (
    select
        *,
        row_number()
            over (partition by fate order by stores desc, store_ids asc)
            as place,
        (sum(stores) over (partition by fate))::bigint as stores_of_fate,
        (sum(begun) over (partition by fate))::bigint as begun_of_fate,
        coalesce(
            sum(stores) filter (where is_alike) over (partition by fate), 0
        )::bigint as alike_of_fate
    from groups
),

plan as (
    select
        md5(
            :'date'::date::text
            || string_agg(
                (
                    s.store_id,
                    s.fate,
                    s.starts_before,
                    s.ends_before,
                    s.starts_after,
                    s.ends_after,
                    s.kind_of_week,
                    s.starts_of_week,
                    s.ends_of_week
                )::text,
                chr(10)
                order by s.store_id
            )
        ) as digest
    from states as s
)

select
    r.*,
    plan.digest
from ranked as r
cross join plan
where r.place <= :'most_groups'::integer
order by r.fate, r.place
