-- If the hours or the zone of a store change, all of its timeline must be computed
-- again.
insert into timeline_mark (store_id, batch, since, until, says_up)
with

changed_weeks as (
    select store_id
    from incoming_hours
    where not is_known
    union
    select b.store_id
    from business_hours as b
    where
        exists (
            select from incoming_hours as i
            where i.store_id = b.store_id
        )
        and not exists (
            select from incoming_hours as i
            where
                i.store_id = b.store_id
                and i.weekday = b.weekday
                and i.starts = b.starts
                and i.ends = b.ends
        )
),

changed_zones as (
    select store_id
    from incoming_timezone
    where was_timezone is distinct from timezone
),

changed_stores as (
    select store_id from changed_weeks
    union
    select store_id from changed_zones
)

select
    c.store_id,
    :'batch'::uuid as batch,
    '-infinity'::timestamptz as since,
    'infinity'::timestamptz as until,
    null::boolean as says_up
from changed_stores as c
where
    not exists (
        select from timeline_mark as m
        where m.batch = :'batch'::uuid and m.store_id = c.store_id
    )
