-- The instant at which the last local dates of a store began, so many up to the one that
-- until falls on.
select
    ((:'until'::timestamptz at time zone zone)::date - :'days'::integer + 1)::timestamp
    at time zone zone as starts_at
from store
where store_id = :'store_id'
