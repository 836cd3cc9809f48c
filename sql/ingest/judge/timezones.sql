-- Read each row of the time zones file: its values, or the reason why it is invalid.
-- A zone is a name that the database knows, in any letter case. It is stored as the
-- database writes it. Some of these names are no zones of stores; see stores/models.py.
create unlogged table timezones_row as
with

fields as (
    select
        ctid as position,
        store_id,
        lower(btrim(timezone_str, :'white_space') collate "C") as zone_key
    from timezones_file
),

known_zones as (
    select
        name,
        lower(name collate "C") as zone_key
    from pg_timezone_names
    where name !~ :'no_zone'
)

select
    f.position,
    coalesce(i.store_id, f.store_id) as store_id,
    z.name as timezone,
    case
        when i.reason is not null then i.reason
        when z.name is null
            then 'unknown time zone: a name like America/Chicago is needed'
    end as reason
from fields as f
left join odd_id as i on coalesce(f.store_id, '') = i.written
left join known_zones as z on f.zone_key = z.zone_key
