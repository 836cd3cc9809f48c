-- The rejected rows that are kept of an ingest, in the order of its files. If not all
-- of its `rejected` rows are kept, a last row says how many are missing. A file's name
-- that a spreadsheet may run as a formula gets an apostrophe in front.
with

kept as (
    select
        file_number,
        file,
        record,
        reason,
        fields
    from ingest_reject
    where ingest_id = :'ingest_id'::uuid
),

missing as (
    select :'rejected'::bigint - count(*) as row_count
    from kept
),

lines as (
    select
        file_number,
        file,
        record,
        reason,
        fields
    from kept
    union all
    select
        null as file_number,
        null as file,
        null as record,
        row_count || ' more rejected rows are counted but not kept' as reason,
        null as fields
    from missing
    where row_count > 0
)

select
    case when file ~ :'formula' then '''' else '' end || file as file,
    record,
    reason,
    fields as row
from lines
order by file_number asc nulls last, record asc
