-- If the hours or the zone of a store change, or whether they are known, all of its
-- timeline must be computed again.
insert into timeline_mark (store_id, batch, since, until, says_up)
with

changed_weeks as (
    select store_id
    from incoming_hours
    where not is_known
    union
    select store_id
    from replaced_hours
),

changed_zones as (
    select store_id
    from incoming_timezone
    where was_timezone is distinct from timezone
),

-- Known stores that become unsettled, or that good rows settle.
changed_guesses as (
    select i.store_id
    from incoming_unsettled as i
    inner join store as s on i.store_id = s.store_id
    where
        not exists (
            select from unsettled as u
            where u.store_id = i.store_id and u.missing = i.missing
        )
    union
    select u.store_id
    from unsettled as u
    where
        exists (
            select from incoming_hours as h
            where u.missing = 'hours' and h.store_id = u.store_id
        )
        or exists (
            select from incoming_timezone as z
            where u.missing = 'timezone' and z.store_id = u.store_id
        )
),

changed_stores as (
    select store_id from changed_weeks
    union
    select store_id from changed_zones
    union
    select store_id from changed_guesses
)

select
    c.store_id,
    :'batch'::uuid as batch,
    '-infinity'::timestamptz as since,
    'infinity'::timestamptz as until,
    null::boolean as says_up
from changed_stores as c
where
    c.store_id not in (
        select m.store_id
        from timeline_mark as m
        where m.batch = :'batch'::uuid
    )
