-- The stores that this ingest leaves unsettled, and what each of them is missing.
select
    store_id,
    missing
from incoming_unsettled
order by store_id, missing
