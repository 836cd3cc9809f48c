-- Mark the new and the changed polls, with one mark for each store and UTC date. A
-- store that this batch has marked already, as new or changed, needs no further mark.
-- `not in` lets these marks be read once: the planner does not know how many there are.
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
    and d.store_id not in (
        select m.store_id
        from timeline_mark as m
        where m.batch = :'batch'::uuid
    )
