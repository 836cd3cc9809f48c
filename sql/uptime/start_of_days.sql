-- The instant at which the last `days` local dates of a store begin. The last of them
-- is the date of until. Both ends are also in the store's local time.
with

first_date as (
    select
        zone,
        (:'until'::timestamptz at time zone zone)::date - :'days'::integer + 1 as day
    from store
    where store_id = :'store_id'
),

start as (
    select
        zone,
        day::timestamp at time zone zone as starts_at
    from first_date
)

select
    starts_at,
    starts_at at time zone zone as starts_at_local,
    :'until'::timestamptz as ends_at,
    :'until'::timestamptz at time zone zone as ends_at_local
from start
