-- The rejected rows of all files: the file, the number of the record (the first after
-- the header is 1), the reason, and the row as a JSON list of its fields. If a row of
-- polls has no record yet, it comes after all those that were read by columns. The
-- columns `record` and, if the file lacks it, `reason` are no fields of the file.
create temporary view rejected_row as
with

status_records as (
    select
        ctid as position,
        coalesce(
            record::bigint,
            :'rows_by_columns'::bigint
            + row_number() over (partition by record is null order by ctid)
        ) as record
    from status_file
),

hours_records as (
    select
        position,
        reason,
        row_number() over (order by position) as record
    from hours_row
),

timezones_records as (
    select
        position,
        reason,
        row_number() over (order by position) as record
    from timezones_row
),

special_records as (
    select
        position,
        reason,
        row_number() over (order by position) as record
    from special_row
),

labels_records as (
    select
        position,
        reason,
        row_number() over (order by position) as record
    from labels_row
),

names_records as (
    select
        position,
        reason,
        row_number() over (order by position) as record
    from names_row
),

rejected as (
    select
        1 as file_number,
        :'status'::text as file,
        r.record,
        j.reason,
        row_to_json(f) as fields
    from status_reject as j
    inner join status_records as r on j.position = r.position
    inner join status_file as f on j.position = f.ctid
    union all
    select
        2 as file_number,
        :'hours'::text as file,
        r.record,
        r.reason,
        row_to_json(f) as fields
    from hours_records as r
    inner join hours_file as f on r.position = f.ctid
    where r.reason is not null
    union all
    select
        3 as file_number,
        :'timezones'::text as file,
        r.record,
        r.reason,
        row_to_json(f) as fields
    from timezones_records as r
    inner join timezones_file as f on r.position = f.ctid
    where r.reason is not null
    union all
    select
        4 as file_number,
        :'special'::text as file,
        r.record,
        r.reason,
        row_to_json(f) as fields
    from special_records as r
    inner join special_file as f on r.position = f.ctid
    where r.reason is not null
    union all
    select
        5 as file_number,
        :'labels'::text as file,
        r.record,
        r.reason,
        row_to_json(f) as fields
    from labels_records as r
    inner join labels_file as f on r.position = f.ctid
    where r.reason is not null
    union all
    select
        6 as file_number,
        :'names'::text as file,
        r.record,
        r.reason,
        row_to_json(f) as fields
    from names_records as r
    inner join names_file as f on r.position = f.ctid
    where r.reason is not null
)

select
    r.file_number,
    r.file,
    r.record,
    r.reason,
    (
        select json_agg(f.value)
        from json_each(r.fields) as f
        where f.key != 'record' and (f.key != 'reason' or :'has_reasons'::boolean)
    ) as fields
from rejected as r
