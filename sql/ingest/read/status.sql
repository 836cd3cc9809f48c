-- The values of each row of the status file; invalid values are null. A timestamp must
-- have one of the shapes in the rules, and must exist. Most timestamps have the format
-- of the public data. They are cast and compared with their text; only the others need
-- the slower check of shapes.
create temporary view status_reading as
with

timestamp_shapes as (
    select '0000-00-00' || s.separator || '00:00:00' || f.fraction || z.zone as shape
    from (values (' '), ('T')) as s (separator)
    cross join (
        values
        (''), ('.0'), ('.00'), ('.000'), ('.0000'), ('.00000'), ('.000000')
    ) as f (fraction)
    cross join (
        values (''), (' UTC'), ('Z'), ('+00:00'), ('-00:00')
    ) as z (zone)
),

fields as (
    select
        ctid as position,
        coalesce(store_id, '') as written_id,
        status,
        timestamp_utc as plain,
        btrim(timestamp_utc, :'white_space') as unusual
    from status_file
)

select
    f.position,
    case when i.reason is null then coalesce(i.store_id, f.written_id) end
        as store_id,
    i.reason as id_problem,
    case f.status
        when 'active' then true
        when 'inactive' then false
        else
            case btrim(f.status, :'white_space')
                when 'active' then true
                when 'inactive' then false
            end
    end as is_active,
    case
        when
            pg_input_is_valid(f.plain, 'timestamptz')
            and (f.plain::timestamptz at time zone 'UTC')::text || ' UTC' = f.plain
            then f.plain::timestamptz
        when
            translate(f.unusual, '123456789', '000000000')
            in (select s.shape from timestamp_shapes as s)
            and substr(f.unusual, 12, 2) < '24'
            and substr(f.unusual, 18, 2) < '60'
            and pg_input_is_valid(f.unusual, 'timestamptz')
            then f.unusual::timestamptz
    end as observed_at
from fields as f
left join odd_id as i on f.written_id = i.written
