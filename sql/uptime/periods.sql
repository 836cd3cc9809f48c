-- A store's periods from since to until, each with its session's opening and close,
-- all cut to that range. Sessions on dates that the timeline does not cover are
-- handed in.
with

periods as (
    select
        day,
        starts_at,
        ends_at,
        is_up
    from timeline
    where
        store_id = :'store_id'
        and ends_at > :'since'::timestamptz
        and ends_at < :'until'::timestamptz + interval '2 days'
    union all
    select
        u.day,
        u.opens_at as starts_at,
        u.closes_at as ends_at,
        null as is_up
    from
        unnest(
            :'days'::date[], :'opens_at'::timestamptz[], :'closes_at'::timestamptz[]
        ) as u (day, opens_at, closes_at)
    where
        not exists (
            select from timeline_day as c
            where c.day = u.day
        )
),

parts as (
    select
        day,
        is_up,
        greatest(starts_at, :'since'::timestamptz) as starts_at,
        least(ends_at, :'until'::timestamptz) as ends_at
    from periods
    where
        starts_at < :'until'::timestamptz and ends_at > :'since'::timestamptz
),

-- The periods of one session touch; two sessions of one date do not.
marked as (
    select
        *,
        coalesce(
            lag(ends_at) over (partition by day order by starts_at) <> starts_at, true
        ) as is_first
    from parts
),

numbered as (
    select
        *,
        count(*) filter (where is_first) over (order by starts_at) as session
    from marked
)

select
    day,
    min(starts_at) over (partition by session) as opens_at,
    max(ends_at) over (partition by session) as closes_at,
    starts_at,
    ends_at,
    case
        when is_up then 'up'
        when not is_up then 'down'
        else 'unobserved'
    end as status
from numbered
order by starts_at asc
