-- A store's periods in the range, each with the opening and the close of its session.
-- The status of excused time is what was seen. Sessions are cut to the range too.
with

-- The periods of one session touch; two sessions of one date do not.
marked as (
    select
        *,
        coalesce(
            lag(ends_at) over (partition by day order by starts_at) <> starts_at, true
        ) as is_first
    from range_period
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
    end as status,
    is_excused
from numbered
order by starts_at asc
