-- Rule 11: the outages that touch the time from since to until, as seen at as_of. They
-- are ordered by store. With newest_first, the ongoing ones come first and then the
-- newest. With longest_first, all of them are read to find the longest. One page has at
-- most `limit` rows, after the given one.
-- Optional: store_ids, ongoing, at_least, newest_first, longest_first, after_ongoing,
-- after_down, after_start, after_store, labels, limit.
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

-- How long an ongoing outage is by as_of shows later, so `at_least` may remove some.
still_going as (
    select
        store_id,
        starts_at,
        ends_at,
        down
    from outage
    where
        followed_at >= :'as_of'::timestamptz
        and starts_at < least(:'until'::timestamptz, :'as_of'::timestamptz)
        and down >= coalesce(:'at_least'::interval, '0')
        and :'ongoing'::boolean is distinct from false
        and (:'store_ids'::text[] is null or store_id = any(:'store_ids'::text[]))
        and (
            :'labels'::text[] is null
            or exists (
                select from labelled as l
                where l.store_id = outage.store_id
            )
        )
        and (
            :'after_ongoing'::boolean is null
            or (
                :'after_ongoing'::boolean
                and (
                    starts_at < :'after_start'::timestamptz
                    or (
                        starts_at = :'after_start'::timestamptz
                        and store_id > :'after_store'
                    )
                )
            )
        )
    order by starts_at desc, store_id asc
    offset 0  -- noqa: AM09
),

-- In order, so that those after the page are not looked up.
visible_going as (
    select *
    from still_going as o
    where
        :'viewer'::integer is null
        or exists (
            select 1
            from visible_store as v
            where v.user_id = :'viewer'::integer and v.store_id = o.store_id
            offset 0  -- noqa: AM09
        )
    order by starts_at desc, store_id asc
    limit case
        when
            coalesce(:'at_least'::interval, '0') = '0'
            and :'longest_first'::boolean is not true
            then :'limit'::integer
    end
),

-- If it goes on after as_of, it is cut there, with the last of its periods before.
ongoing as (
    select
        store_id,
        starts_at,
        ends_at,
        down,
        true as is_ongoing
    from visible_going
    where ends_at <= :'as_of'::timestamptz
    union all
    select
        o.store_id,
        o.starts_at,
        seen.ends_at,
        seen.down,
        true as is_ongoing
    from visible_going as o
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

ended as not materialized (
    select
        o.store_id,
        o.starts_at,
        o.ends_at,
        o.down,
        false as is_ongoing
    from outage as o
    where
        o.followed_at < :'as_of'::timestamptz
        and o.followed_at > :'since'::timestamptz
        and o.ends_at > :'since'::timestamptz
        and o.starts_at < :'until'::timestamptz
        -- A bound by itself, so that the index serves it.
        and o.starts_at <= coalesce(
            case
                when not :'after_ongoing'::boolean then :'after_start'::timestamptz
            end, 'infinity'
        )
        and (
            :'after_ongoing'::boolean is distinct from false
            or o.starts_at < :'after_start'::timestamptz
            or o.store_id > :'after_store'
        )
        and o.down >= coalesce(:'at_least'::interval, '0')
        and :'ongoing'::boolean is distinct from true
        and (:'store_ids'::text[] is null or o.store_id = any(:'store_ids'::text[]))
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
            or exists (
                select from labelled as l
                where l.store_id = o.store_id
            )
        )
),

-- Those that began in the range, the newest first, and then those that it cuts. For a
-- page in order of time, each part stops at its limit.
found as (
    select * from ongoing
    union all
    (
        select * from ended
        where
            starts_at >= :'since'::timestamptz
        order by starts_at desc, store_id asc
        limit case
            when :'longest_first'::boolean is not true then :'limit'::integer
        end
    )
    union all
    (
        select * from ended
        where
            starts_at < :'since'::timestamptz
        order by starts_at desc, store_id asc
        limit case
            when :'longest_first'::boolean is not true then :'limit'::integer
        end
    )
)

select
    store_id,
    starts_at,
    ends_at,
    down,
    extract(epoch from down)::float as down_seconds,
    is_ongoing
from found
where
    down >= coalesce(:'at_least'::interval, '0')
    and (
        :'after_down'::float is null
        or (-extract(epoch from down)::float, store_id, starts_at) > (
            -:'after_down'::float,
            :'after_store'::text,
            :'after_start'::timestamptz
        )
    )
order by
    case when :'longest_first'::boolean then down end desc,
    case when :'newest_first'::boolean then is_ongoing end desc,
    case when :'newest_first'::boolean then starts_at end desc,
    store_id asc,
    starts_at asc
limit :'limit'::integer
