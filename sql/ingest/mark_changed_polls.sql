-- Mark what the new and the changed polls say.
insert into timeline_mark (store_id, batch, since, until, says_up)
select
    store_id,
    :'batch'::uuid as batch,
    since,
    until,
    says_up
from incoming_mark
