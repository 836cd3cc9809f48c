-- Keep the rejected rows: the file, the number of the record (the first
-- after the header is 1), the reason, and the row as a JSON list of its fields.
insert into ingest_reject (
    ingest_id, file_number, file, record, reason, fields
)
with

records as (
    select
        1 as file_number,
        :'status'::text as file,
        row_number() over (order by f.ctid) as record,
        j.reason,
        row_to_json(f) as fields
    from status_file as f
    left join status_reject as j on f.ctid = j.position
    union all
    select
        2 as file_number,
        :'hours'::text as file,
        row_number() over (order by f.ctid) as record,
        j.reason,
        row_to_json(f) as fields
    from hours_file as f
    inner join hours_row as j on f.ctid = j.position
    union all
    select
        3 as file_number,
        :'timezones'::text as file,
        row_number() over (order by f.ctid) as record,
        j.reason,
        row_to_json(f) as fields
    from timezones_file as f
    inner join timezones_row as j on f.ctid = j.position
    union all
    select
        4 as file_number,
        :'special'::text as file,
        row_number() over (order by f.ctid) as record,
        j.reason,
        row_to_json(f) as fields
    from special_file as f
    inner join special_row as j on f.ctid = j.position
)

select
    :'ingest_id'::uuid as ingest_id,
    r.file_number,
    r.file,
    r.record,
    r.reason,
    (select json_agg(f.value) from json_each(r.fields) as f) as fields
from records as r
where r.reason is not null
