-- What the new and the changed polls say, a mark for each store and UTC date. Of a
-- store that has its mark already, as new or changed, all polls are looked at anyway.
insert into timeline_mark (store_id, batch, since, until, says_up)
select
    d.store_id,
    :'batch'::uuid as batch,
    d.since,
    d.until,
    case when d.all_say_up = d.one_says_up then d.all_say_up end as says_up
from incoming_poll_day as d
where
    d.since is not null
    and not exists (
        select from timeline_mark as m
        where m.batch = :'batch'::uuid and m.store_id = d.store_id
    )
