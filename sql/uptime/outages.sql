-- Rule 11: the outages that touch the time from since to until, as seen at as_of. An
-- outage is a run of down periods without other periods between them. Dates that the
-- timeline does not cover are unobserved, so they end a run too. The outages are
-- ordered by store. With newest_first, the ongoing ones come first and then the newest.
-- One page has at most `limit` rows, after the given one.
-- Optional: store_ids, ongoing, at_least, newest_first, after_ongoing, after_start,
-- after_store, limit.
with

days as (
    select
        day,
        day - (row_number() over (order by day))::integer as island
    from timeline_day
),

-- The earliest start and the latest end of a run that touches the range: the nearest
-- periods before and after the range that are not down.
reaches as (
    select
        s.store_id,
        coalesce(earlier.ends_at, '-infinity') as first_end,
        coalesce(later.ends_at, 'infinity') as last_end
    from store as s
    left join lateral (
        select t.ends_at
        from timeline as t
        where
            t.store_id = s.store_id
            and t.ends_at <= :'since'::timestamptz
            and t.is_up is distinct from false
        order by t.ends_at desc
        limit 1
    ) as earlier on true
    left join lateral (
        select t.ends_at
        from timeline as t
        where
            t.store_id = s.store_id
            and t.ends_at > :'until'::timestamptz
            and t.starts_at >= :'until'::timestamptz
            and t.is_up is distinct from false
        order by t.ends_at asc
        limit 1
    ) as later on true
    where
        (:'store_ids'::text[] is null or s.store_id = any(:'store_ids'::text[]))
        -- An outage is ongoing only if the last period before as_of is down.
        and (
            :'ongoing'::boolean is not true
            or (
                select not t.is_up
                from timeline as t
                where
                    t.store_id = s.store_id
                    and t.ends_at < :'as_of'::timestamptz + interval '2 days'
                    and t.starts_at < :'as_of'::timestamptz
                order by t.ends_at desc
                limit 1
            )
        )
),

-- `offset 0` makes the planner look up each store by the key instead of reading all
-- history.
periods as (
    select
        r.store_id,
        d.island,
        t.starts_at,
        least(t.ends_at, :'as_of'::timestamptz) as ends_at,
        coalesce(not t.is_up, false) as is_down,
        row_number() over (partition by r.store_id order by t.ends_at desc) = 1
            as is_last
    from reaches as r
    cross join
        lateral (
            select
                p.day,
                p.starts_at,
                p.ends_at,
                p.is_up
            from timeline as p
            where
                p.store_id = r.store_id
                and p.ends_at >= r.first_end
                and p.ends_at <= r.last_end
                and p.starts_at < :'as_of'::timestamptz
            offset 0  -- noqa: AM09
        ) as t
    inner join days as d on t.day = d.day
),

numbered as (
    select
        *,
        count(*) filter (where not is_down)
            over (partition by store_id order by starts_at) as run
    from periods
),

outages as (
    select
        store_id,
        min(starts_at) as starts_at,
        max(ends_at) as ends_at,
        sum(ends_at - starts_at) as down,
        coalesce(
            bool_or(is_last) and island = (
                select d.island
                from days as d
                where d.day = (:'as_of'::timestamptz at time zone 'UTC')::date
            ), false
        ) as is_ongoing
    from numbered
    where is_down
    group by store_id, island, run
)

select
    store_id,
    starts_at,
    ends_at,
    down,
    extract(epoch from down)::float as down_seconds,
    is_ongoing
from outages
where
    starts_at < :'until'::timestamptz
    and (is_ongoing or ends_at > :'since'::timestamptz)
    and down >= coalesce(:'at_least'::interval, '0')
    and (:'ongoing'::boolean is null or is_ongoing = :'ongoing'::boolean)
    and (
        :'after_store'::text is null
        or (is_ongoing, starts_at)
        < (:'after_ongoing'::boolean, :'after_start'::timestamptz)
        or (
            is_ongoing = :'after_ongoing'::boolean
            and starts_at = :'after_start'::timestamptz
            and store_id > :'after_store'
        )
    )
order by
    case when :'newest_first'::boolean then is_ongoing end desc,
    case when :'newest_first'::boolean then starts_at end desc,
    store_id asc,
    starts_at asc
limit :'limit'::integer
