-- Keep the first rejected rows of each file: so many rows, and so many bytes of their
-- fields as JSON. A small file of gzip could fill the disk otherwise.
insert into ingest_reject (
    ingest_id, file_number, file, record, reason, fields
)
with

measured as (
    select
        *,
        row_number() over (
            partition by file_number
            order by record
            rows unbounded preceding
        ) as rows_so_far,
        sum(octet_length(fields::text)) over (
            partition by file_number
            order by record
            rows unbounded preceding
        ) as bytes_so_far
    from rejected_row
)

select
    :'ingest_id'::uuid as ingest_id,
    file_number,
    file,
    record,
    reason,
    fields
from measured
where
    rows_so_far <= :'most_rows'::bigint
    and bytes_so_far <= :'most_bytes'::bigint
