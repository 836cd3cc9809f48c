-- Read each row of the time zones file: what it says, or the reason why it cannot
-- be right. Zones are written exactly as the database knows them.
create temporary table timezones_row on commit drop as
with

fields as (
    select
        ctid as position,
        coalesce(btrim(store_id, E' \t\n\r\f\v'), '') as store_id,
        btrim(timezone_str, E' \t\n\r\f\v') as timezone
    from timezones_file
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
        when b.reason is not null then b.reason
        when z.name is null then 'unknown time zone'
    end as reason
from fields as f
left join known_zones as z on f.timezone = z.name
left join bad_id as b on f.store_id = b.store_id
