-- Mark every store, so that the next refresh makes the timeline from scratch.
insert into timeline_mark (store_id, batch, since, until, says_up)
select
    store_id,
    :'batch'::uuid as batch,
    '-infinity'::timestamptz as since,
    'infinity'::timestamptz as until,
    null::boolean as says_up
from store
