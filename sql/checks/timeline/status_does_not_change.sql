-- Two touching periods of one date must differ in status: otherwise they are one
-- period.
with

neighbours as (
    select
        store_id,
        day,
        ends_at,
        is_up,
        lead(starts_at) over date as next_starts_at,
        lead(is_up) over date as next_is_up
    from timeline
    window date as (partition by store_id, day order by ends_at)
)

select
    store_id,
    day,
    ends_at
from neighbours
where next_starts_at = ends_at and next_is_up is not distinct from is_up
