-- The values of each row of the status file; invalid values are null. A timestamp must
-- have one of the forms in the rules, and must exist. Most timestamps have the form of
-- the public data. They are cast and compared with their text; only the others need the
-- slower check of their form. A cast rounds to six decimals, so more are cut off first.
create temporary view status_reading as
with

fields as (
    select
        ctid as position,
        coalesce(store_id, '') as written_id,
        status,
        lower(btrim(status, :'white_space') collate "C") as unusual_status,
        timestamp_utc as plain,
        btrim(timestamp_utc, :'white_space') as unusual,
        regexp_replace(
            btrim(timestamp_utc, :'white_space'), '(\.[0-9]{6})[0-9]+', '\1'
        ) as exact
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
            case f.unusual_status
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
            f.unusual ~ (
                '^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9]'
                '(:[0-5][0-9](\.[0-9]{1,9})?)?( UTC|Z|[+-][0-9]{2}(:?[0-9]{2})?)?$'
            )
            and pg_input_is_valid(f.exact, 'timestamptz')
            then f.exact::timestamptz
    end as observed_at
from fields as f
left join odd_id as i on f.written_id = i.written
