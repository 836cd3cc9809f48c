-- What each row of the status file says; null where it is unreadable. A timestamp has
-- one of the shapes that the rules list, and is a moment that exists. Most are written
-- as the public data writes them and read back the same; only the others need the
-- closer look.
create unlogged table status_row as
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
)

select
    f.ctid as position,
    i.store_id,
    i.reason as id_problem,
    case
        when f.status in ('active', 'inactive') then f.status = 'active'
        when btrim(f.status, E' \t\n\r\f\v') in ('active', 'inactive')
            then btrim(f.status, E' \t\n\r\f\v') = 'active'
    end as is_active,
    case
        when
            f.timestamp_utc like '____-__-__ __:__:__% UTC'
            and pg_input_is_valid(f.timestamp_utc, 'timestamptz')
            and (f.timestamp_utc::timestamptz at time zone 'UTC')::text || ' UTC'
            = f.timestamp_utc
            then f.timestamp_utc::timestamptz
        when
            translate(btrim(f.timestamp_utc, E' \t\n\r\f\v'), '123456789', '000000000')
            in (select s.shape from timestamp_shapes as s)
            and substr(btrim(f.timestamp_utc, E' \t\n\r\f\v'), 12, 2) < '24'
            and substr(btrim(f.timestamp_utc, E' \t\n\r\f\v'), 18, 2) < '60'
            and pg_input_is_valid(
                btrim(f.timestamp_utc, E' \t\n\r\f\v'), 'timestamptz'
            )
            then btrim(f.timestamp_utc, E' \t\n\r\f\v')::timestamptz
    end as observed_at
from status_file as f
inner join file_id as i on coalesce(f.store_id, '') = i.written
