-- The values of each row of the status file; invalid values are null. A timestamp must
-- have one of the shapes of the rules, in which 0 stands for any digit, and must exist.
-- Most timestamps have the form of the public data. They are cast and compared with
-- their text; only the others need the slower check of their shape. A cast rounds to
-- six decimals, so more are cut off first. It also reads 24:00 and a second 60, which
-- do not exist here. A row without a record comes after all rows with one, and after
-- those before it. A reason is never invalid: a comment must not cost a poll. A known
-- one may be in any letter case. Of any other text, control characters become blanks,
-- and what is too long is cut off. An empty one is null.
create temporary view status_reading as
with

timestamp_shapes as (
    select '0000-00-00' || s.separator || '00:00' || f.seconds || z.zone as shape
    from (values (' '), ('T')) as s (separator)
    cross join (
        select '' as seconds
        union all
        select ':00'
        union all
        select ':00.' || repeat('0', digits)
        from generate_series(1, 9) as d (digits)
    ) as f
    cross join (
        values
        (''), (' UTC'), ('Z'),
        ('+00'), ('-00'), ('+0000'), ('-0000'), ('+00:00'), ('-00:00')
    ) as z (zone)
),

fields as (
    select
        ctid as position,
        record::bigint as record,
        coalesce(store_id, '') collate "C" as written_id,
        status,
        lower(btrim(status, :'white_space') collate "C") as trimmed_status,
        timestamp_utc as written,
        btrim(timestamp_utc, :'white_space') as trimmed,
        reason as written_reason,
        btrim(regexp_replace(reason collate "C", :'control', ' ', 'g'), :'white_space')
            as cleaned_reason
    from status_file
)

select
    f.position,
    f.record,
    case when i.reason is null then coalesce(i.store_id, f.written_id) end
        as store_id,
    i.reason as id_problem,
    case f.status
        when 'active' then true
        when 'inactive' then false
        else
            case f.trimmed_status
                when 'active' then true
                when 'inactive' then false
            end
    end as is_active,
    case
        when
            pg_input_is_valid(f.written, 'timestamptz')
            and (f.written::timestamptz at time zone 'UTC')::text || ' UTC' = f.written
            then f.written::timestamptz
        when
            translate(f.trimmed, '123456789', '000000000')
            not in (select s.shape from timestamp_shapes as s)
            or substr(f.trimmed, 12, 2) = '24'
            or substr(f.trimmed, 17, 3) = ':60'
            then null
        when pg_input_is_valid(f.trimmed, 'timestamptz')
            then
                case
                    when substr(f.trimmed, 21) ~ '^[0-9]{7}'
                        then
                            (
                                left(f.trimmed, 26)
                                || ltrim(substr(f.trimmed, 27), '0123456789')
                            )::timestamptz
                    else f.trimmed::timestamptz
                end
    end as observed_at,
    case
        when f.written_reason is null then null
        when f.written_reason = any(:'known_reasons'::text[]) then f.written_reason
        when lower(f.cleaned_reason) = any(:'known_reasons'::text[])
            then lower(f.cleaned_reason)
        else
            nullif(
                btrim(
                    left(f.cleaned_reason, :'longest_reason'::integer), :'white_space'
                ), ''
            )
    end as reason
from fields as f
left join odd_id as i on f.written_id = i.written
