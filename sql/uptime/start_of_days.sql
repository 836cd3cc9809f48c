-- The instant at which the last `days` local dates of a store begin. The last of them
-- is the date of until.
select
    ((:'until'::timestamptz at time zone zone)::date - :'days'::integer + 1)::timestamp
    at time zone zone as starts_at
from store
where store_id = :'store_id'
