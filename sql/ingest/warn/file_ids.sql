-- The different ids in each file, if their rows are valid: is the store known already,
-- and was it ever polled? They are few, so the files of this folder read only these.
create unlogged table file_id as
with

ids as (
    select distinct
        'status' as kind,
        store_id
    from incoming_poll_day
    union all
    select distinct
        'hours' as kind,
        store_id
    from incoming_hours
    union all
    select
        'timezones' as kind,
        store_id
    from incoming_timezone
    union all
    select distinct
        'special' as kind,
        store_id
    from incoming_special
    union all
    select distinct
        'labels' as kind,
        store_id
    from incoming_label
    union all
    select
        'names' as kind,
        store_id
    from incoming_name
)

select
    i.kind,
    i.store_id,
    s.store_id is not null as is_known,
    s.last_seen_at is not null as was_polled
from ids as i
left join store as s on i.store_id = s.store_id
