-- The local dates of a range, and of a previous one, that the timeline does not cover
-- for an asked store. Mostly every date is covered, and then no store is looked at.
--
-- Stores of one zone with the same week have the same sessions, so only one of them has
-- to be expanded: the stand-in of the others. A store with special hours has its own.
-- Optional: labels, previous_since, previous_until.
create temporary table uncovered_day on commit drop as
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

ranges as (
    select
        :'since'::timestamptz as since,
        :'until'::timestamptz as until
    union all
    select
        :'previous_since'::timestamptz as since,
        :'previous_until'::timestamptz as until
),

dates as (
    select d.day::date as day
    from ranges as r
    cross join
        generate_series(
            (r.since at time zone 'UTC')::date - 1,
            (r.until at time zone 'UTC')::date + 1,
            '1 day'
        ) as d (day)
    except
    select day
    from timeline_day
),

zones as (
    select distinct zone
    from store
),

touched as materialized (
    select
        d.day,
        z.zone
    from dates as d
    cross join zones as z
    where
        exists (
            select from ranges as r
            where
                d.day::timestamp at time zone z.zone < r.until
                and (d.day + 1)::timestamp at time zone z.zone > r.since
        )
),

stores as (
    select
        s.store_id,
        s.zone
    from store as s
    where
        exists (select from touched)
        and (
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

weeks as (
    select
        store_id,
        string_agg(
            weekday || ' ' || starts || ' ' || ends, ',' order by weekday, starts, ends
        ) as week
    from business_hours
    where exists (select from touched)
    group by store_id
),

specials as (
    select distinct store_id
    from special_hours
    where exists (select from touched)
),

stand_ins as materialized (
    select
        s.store_id,
        min(s.store_id) over (partition by s.zone, w.week, x.store_id) as stand_in
    from stores as s
    left join weeks as w on s.store_id = w.store_id
    left join specials as x on s.store_id = x.store_id
)

select
    s.store_id,
    i.stand_in,
    d.day
from touched as d
inner join store as s on d.zone = s.zone
inner join stand_ins as i on s.store_id = i.store_id
where
    not exists (
        select from timeline_store_day as c
        where c.store_id = s.store_id and c.day = d.day
    )
