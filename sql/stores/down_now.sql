-- The stores that are down at as_of, the one with the longest outage first (rule 11):
-- since when, how long in business hours, and how much of the business time that its
-- local date had so far it was down. Excused time is not down, but the outage has it.
-- is_excused tells if it is excused at as_of. Local times are on the store's clock. At
-- most `limit` rows.
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

down_stores as (
    select
        s.store_id,
        s.display_name,
        s.zone,
        o.starts_at,
        o.ends_at
    from outage as o
    inner join store as s on o.store_id = s.store_id
    where
        o.starts_at <= :'as_of'::timestamptz
        and o.followed_at > :'as_of'::timestamptz
        and (
            :'viewer'::integer is null
            or exists (
                select 1
                from visible_store as v
                where v.user_id = :'viewer'::integer and v.store_id = o.store_id
                offset 0  -- noqa: AM09
            )
        )
        and (
            :'labels'::text[] is null
            or o.store_id in (select l.store_id from labelled as l)
        )
),

-- All periods of an outage are down. Without one at as_of, the store is closed now.
outages as (
    select
        d.*,
        p.down
    from down_stores as d
    cross join
        lateral (
            select
                t.store_id,
                sum(least(t.ends_at, :'as_of'::timestamptz) - t.starts_at) as down,
                bool_or(t.ends_at > :'as_of'::timestamptz) as is_open
            from timeline as t
            where
                t.store_id = d.store_id
                and t.ends_at > d.starts_at
                and t.ends_at <= d.ends_at
                and t.starts_at <= :'as_of'::timestamptz
            group by t.store_id
        ) as p
    where p.is_open
),

longest as materialized (
    select *
    from outages
    order by down desc, store_id asc
    limit :'limit'::integer
)

select
    o.store_id,
    o.display_name,
    o.zone,
    o.starts_at,
    o.starts_at at time zone o.zone as starts_at_local,
    extract(epoch from o.down)::float as down_seconds,
    extract(epoch from today.down - excused.down)::float as down_seconds_today,
    extract(epoch from today.business)::float as business_seconds_today,
    coalesce(excuses.stretches @> :'as_of'::timestamptz, false) as is_excused,
    coalesce(own.labels, '{}') as labels
from longest as o
inner join store as s on o.store_id = s.store_id
cross join
    lateral (
        select json_object_agg(l.name, l.value order by l.name) as labels
        from store_label as l
        where l.store_id = s.store_id
    ) as own
cross join
    lateral (
        select range_agg(tstzrange(e.starts_at, e.ends_at)) as stretches
        from store_excused as e
        where
            e.store_id = s.store_id
            and e.starts_at <= :'as_of'::timestamptz
            and e.ends_at > :'as_of'::timestamptz - interval '2 days'
    ) as excuses
cross join
    lateral (
        select
            coalesce(
                sum(least(t.ends_at, :'as_of'::timestamptz) - t.starts_at)
                filter (where not t.is_up), '0'
            ) as down,
            coalesce(
                sum(least(t.ends_at, :'as_of'::timestamptz) - t.starts_at), '0'
            ) as business
        from timeline as t
        where
            t.store_id = s.store_id
            and t.day = (:'as_of'::timestamptz at time zone s.zone)::date
            -- A date has at most 25 hours, so the key's range can begin here.
            and t.ends_at > :'as_of'::timestamptz - interval '2 days'
            and t.starts_at <= :'as_of'::timestamptz
    ) as today
cross join
    lateral (
        select coalesce(sum(upper(x.part) - lower(x.part)), '0') as down
        from timeline as t
        cross join
            lateral unnest(
                excuses.stretches
                * tstzmultirange(
                    tstzrange(t.starts_at, least(t.ends_at, :'as_of'::timestamptz))
                )
            ) as x (part)
        where
            excuses.stretches is not null
            and not t.is_up
            and t.store_id = s.store_id
            and t.day = (:'as_of'::timestamptz at time zone s.zone)::date
            and t.ends_at > :'as_of'::timestamptz - interval '2 days'
            and t.starts_at <= :'as_of'::timestamptz
    ) as excused
order by o.down desc, o.store_id asc
