-- The parts of the periods in a range, and in a previous one, that are excused. Sums of
-- many stores take them from the status that they have. It is read from the side of the
-- stretches: mostly there are none, and then no store is looked at.
-- Optional: labels, previous_since, previous_until.
create temporary table excused on commit drop as
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

-- Stretches of a store that overlap are one.
stretches as materialized (
    select
        e.store_id,
        range_agg(tstzrange(e.starts_at, e.ends_at))
        * tstzmultirange(
            tstzrange(
                least(:'previous_since'::timestamptz, :'since'::timestamptz),
                :'until'::timestamptz
            )
        ) as excused
    from store_excused as e
    where
        e.ends_at > least(:'previous_since'::timestamptz, :'since'::timestamptz)
        and e.starts_at < :'until'::timestamptz
        and (
            :'viewer'::integer is null
            or exists (
                select 1
                from visible_store as seen
                where
                    seen.user_id = :'viewer'::integer
                    and seen.store_id = e.store_id
            )
        )
        and (
            :'labels'::text[] is null
            or exists (
                select from labelled as l
                where l.store_id = e.store_id
            )
        )
    group by e.store_id
),

pieces as (
    select
        s.store_id,
        s.excused,
        p.day,
        p.is_up,
        p.starts_at,
        p.ends_at
    from stretches as s
    cross join
        lateral (
            select
                t.day,
                t.is_up,
                t.starts_at,
                t.ends_at
            from timeline as t
            where
                t.store_id = s.store_id
                and t.ends_at > lower(s.excused)
                -- A period is at most a date long, so the key's range can end here.
                and t.ends_at < upper(s.excused) + interval '48 hours'
                and t.starts_at < upper(s.excused)
            offset 0  -- noqa: AM09
        ) as p
    union all
    select
        s.store_id,
        s.excused,
        u.day,
        null as is_up,
        u.starts_at,
        u.ends_at
    from stretches as s
    inner join unobserved as u on s.store_id = u.store_id
)

select
    p.store_id,
    p.day,
    p.is_up,
    lower(e.part) as starts_at,
    upper(e.part) as ends_at
from pieces as p
cross join
    lateral unnest(
        p.excused * tstzmultirange(tstzrange(p.starts_at, p.ends_at))
    ) as e (part)
