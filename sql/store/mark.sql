-- A store that is new, or whose hours or zone changed, needs all of its timeline anew.
insert into timeline_mark (store_id, batch, since, until, says_up)
select
    store_id,
    :'batch'::uuid as batch,
    '-infinity'::timestamptz as since,
    'infinity'::timestamptz as until,
    null::boolean as says_up
from store
where store_id = :'store_id'
