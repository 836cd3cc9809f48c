-- The rejected rows of the files at hand, in the order of the files. All of them, for
-- `ingest_csv --rejects`; keep_rejects keeps fewer.
select
    file,
    record,
    reason,
    fields as row
from rejected_row
order by file_number, record
