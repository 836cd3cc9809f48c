-- The rejected rows of an ingest, in the order of its files.
select
    file,
    record,
    reason,
    fields as row
from ingest_reject
where ingest_id = :'ingest_id'::uuid
order by file_number, record
