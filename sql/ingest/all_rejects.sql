-- All rejected rows of the files at hand, in the order of the files, for
-- `ingest_csv --rejects`; keep_rejects keeps fewer. A file's name that a spreadsheet
-- may run as a formula gets an apostrophe in front.
select
    case when file ~ :'formula' then '''' else '' end || file as file,
    record,
    reason,
    fields as row
from rejected_row
order by file_number, record
