-- Read each row of the time zones file: its values, or the reason why it is invalid.
-- A zone must be written exactly as the database knows it.
create unlogged table timezones_row as
with

fields as (
    select
        f.ctid as position,
        coalesce(i.store_id, f.store_id) as store_id,
        i.reason as id_problem,
        btrim(f.timezone_str, :'white_space') as timezone
    from timezones_file as f
    left join odd_id as i on coalesce(f.store_id, '') = i.written
),

known_zones as (
    select name
    from pg_timezone_names
)

select
    f.position,
    f.store_id,
    f.timezone,
    case
        when f.id_problem is not null then f.id_problem
        when z.name is null then 'unknown time zone'
    end as reason
from fields as f
left join known_zones as z on f.timezone = z.name
