-- Forget the ingests that were asked for before a moment and are done, with the rows
-- that they set aside; what they stored stays.
with

gone as (
    delete from ingest
    where
        requested_at < :'before'::timestamptz
        and state in ('complete', 'failed')
    returning ingest_id
),

rejects_gone as (
    delete from ingest_reject as r
    using gone as g
    where r.ingest_id = g.ingest_id
)

select count(*) as ingests
from gone
