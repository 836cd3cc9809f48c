-- How many stores this ingest leaves without good hours or without a good zone, and the
-- first of them.
select
    missing,
    count(*) as stores,
    min(store_id) as example
from incoming_unsettled
group by missing
order by missing
