-- The outages of stores with the same value of a label that overlap or touch are one
-- event. They are those that uptime/outages finds. An ongoing outage goes on until
-- as_of, so a value has at most one ongoing event. Nothing ties stores without the
-- label together: each of their outages is alone, without a value, after all events.
-- `down` is the business time of all outages together, and `ongoing` counts those that
-- are ongoing. Local times are those of the zone of all stores, null if there are
-- several. Of each event, the first `most` outages are listed.
-- One page has at most `limit` events, after the one with the given key and name: the
-- ongoing ones first and then the newest, or with largest_first those of most stores.
-- Optional: ongoing, at_least, largest_first, after_key, after_name, labels.
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

visible as not materialized (
    select
        o.*,
        o.followed_at >= :'as_of'::timestamptz as is_ongoing
    from outage as o
    where
        o.down >= coalesce(:'at_least'::interval, '0')
        and (
            :'viewer'::integer is null
            or exists (
                select 1
                from visible_store as v
                where v.user_id = :'viewer'::integer and v.store_id = o.store_id
            )
        )
        and (
            :'labels'::text[] is null
            or exists (
                select from labelled as l
                where l.store_id = o.store_id
            )
        )
),

going as (
    select *
    from visible
    where
        followed_at >= :'as_of'::timestamptz
        and starts_at < least(:'until'::timestamptz, :'as_of'::timestamptz)
        and :'ongoing'::boolean is distinct from false
),

-- How long an ongoing outage is by as_of shows later, so `at_least` may remove some.
-- If it goes on after as_of, it is cut there, with the last of its periods before.
ongoing as (
    select
        store_id,
        starts_at,
        ends_at,
        down,
        true as is_ongoing
    from going
    where ends_at <= :'as_of'::timestamptz
    union all
    select
        o.store_id,
        o.starts_at,
        seen.ends_at,
        seen.down,
        true as is_ongoing
    from going as o
    cross join
        lateral (
            select
                max(least(t.ends_at, :'as_of'::timestamptz)) as ends_at,
                sum(least(t.ends_at, :'as_of'::timestamptz) - t.starts_at) as down
            from timeline as t
            where
                t.store_id = o.store_id
                and t.ends_at > o.starts_at
                and t.ends_at <= o.ends_at
                and t.starts_at < :'as_of'::timestamptz
            group by t.store_id
        ) as seen
    where o.ends_at > :'as_of'::timestamptz
),

found as (
    select * from ongoing
    where
        down >= coalesce(:'at_least'::interval, '0')
    union all
    select
        store_id,
        starts_at,
        ends_at,
        down,
        false as is_ongoing
    from visible
    where
        followed_at < :'as_of'::timestamptz
        and followed_at > :'since'::timestamptz
        and ends_at > :'since'::timestamptz
        and starts_at < :'until'::timestamptz
        and :'ongoing'::boolean is distinct from true
),

places as not materialized (
    select
        s.store_id,
        s.zone,
        v.value
    from store as s
    left join store_label as v
        on s.store_id = v.store_id and v.name = coalesce(:'label_name', '')
),

valued as materialized (
    select
        f.*,
        case when f.is_ongoing then :'as_of'::timestamptz else f.ends_at end
            as lasts_until,
        p.value is null as is_alone,
        coalesce(p.value, f.store_id) as name,
        p.zone
    from found as f
    inner join places as p on f.store_id = p.store_id
),

-- An event begins where everything before has ended.
marked as (
    select
        *,
        coalesce(
            starts_at > max(lasts_until) over (
                partition by is_alone, name order by starts_at, store_id
                rows between unbounded preceding and 1 preceding
            ), true
        ) as is_first
    from valued
),

numbered as (
    select
        *,
        count(*) filter (where is_first) over w as number,
        row_number() over w as place
    from marked
    window
        w as (
            partition by is_alone, name order by starts_at, store_id
            rows between unbounded preceding and current row
        )
),

stores as (
    select
        is_alone,
        name,
        number,
        store_id,
        min(starts_at) as starts_at,
        max(lasts_until) as ends_at,
        min(zone) as zone,
        count(*) as outages,
        sum(down) as down,
        bool_or(is_ongoing) as is_ongoing,
        min(place) as first_place
    from numbered
    group by is_alone, name, number, store_id
),

events as (
    select
        is_alone,
        name,
        number,
        min(starts_at) as starts_at,
        max(ends_at) as ends_at,
        case when min(zone) = max(zone) then min(zone) end as zone,
        count(*) as stores,
        sum(outages)::bigint as outages,
        sum(down) as down,
        count(*) filter (where is_ongoing) as ongoing,
        min(first_place) as first_place
    from stores
    group by is_alone, name, number
),

keyed as (
    select
        *,
        array[
            is_alone::integer,
            case
                when :'largest_first'::boolean then -stores
                else (ongoing = 0)::integer
            end,
            -extract(epoch from starts_at)
        ] as key
    from events
),

page as (
    select *
    from keyed
    where
        :'after_name'::text is null
        or (key, name) > (:'after_key'::numeric[], :'after_name'::text)
    order by key, name
    limit :'limit'::integer
)

select
    p.key::text as key,
    p.name,
    case when not p.is_alone then p.name end as value,
    p.starts_at,
    p.ends_at,
    p.zone,
    p.starts_at at time zone p.zone as starts_local,
    p.ends_at at time zone p.zone as ends_local,
    p.stores,
    p.outages,
    extract(epoch from p.down)::float as down_seconds,
    p.ongoing,
    array_agg(n.store_id order by n.place) as store_ids,
    array_agg(n.starts_at order by n.place) as starts,
    array_agg(n.ends_at order by n.place) as ends,
    array_agg(extract(epoch from n.down)::float order by n.place) as lengths,
    array_agg(n.is_ongoing order by n.place) as are_ongoing
from page as p
inner join numbered as n
    on
        p.is_alone = n.is_alone
        and p.name = n.name
        and p.number = n.number
        and p.first_place + :'most'::integer > n.place
group by
    p.key,
    p.name,
    p.is_alone,
    p.starts_at,
    p.ends_at,
    p.zone,
    p.stores,
    p.outages,
    p.down,
    p.ongoing
order by p.key, p.name
