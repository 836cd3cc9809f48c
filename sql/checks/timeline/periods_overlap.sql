-- Periods of one store must not overlap, and each must have a length.
with

neighbours as (
    select
        store_id,
        starts_at,
        ends_at,
        lead(starts_at) over (partition by store_id order by ends_at)
            as next_starts_at
    from timeline
)

select
    store_id,
    starts_at,
    ends_at,
    next_starts_at
from neighbours
where starts_at >= ends_at or next_starts_at < ends_at
