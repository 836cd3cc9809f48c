-- A new store needs all of its timeline.
insert into timeline_mark (store_id, batch, since, until, says_up)
with

named_stores as (
    select store_id from incoming_poll_day
    union
    select store_id from incoming_hours
    union
    select store_id from incoming_timezone
    union
    select store_id from incoming_special
    union
    select store_id from incoming_label
    union
    select store_id from incoming_name
)

select
    n.store_id,
    :'batch'::uuid as batch,
    '-infinity'::timestamptz as since,
    'infinity'::timestamptz as until,
    null::boolean as says_up
from named_stores as n
where
    not exists (
        select from store as s
        where s.store_id = n.store_id
    )
