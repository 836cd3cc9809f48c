-- The rows that an ingest set aside, in the order of its files, and of these the first
-- `most` after the one of the given file and record.
select
    r.file_number,
    r.file,
    r.record,
    r.reason,
    array(
        select f.value from jsonb_array_elements_text(r.fields) as f
    ) as fields
from ingest_reject as r
where
    r.ingest_id = :'ingest_id'::uuid
    and (r.file_number, r.record)
    > (:'after_file'::smallint, :'after_record'::bigint)
order by r.file_number, r.record
limit :'most'::integer
