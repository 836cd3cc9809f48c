-- If the special hours of a date change, all sessions that open on it or later may
-- change: those of the date and the next one, and by rule 6 those that follow.
insert into timeline_mark (store_id, batch, since, until, says_up)
select
    store_id,
    :'batch'::uuid as batch,
    min(date)::timestamp at time zone 'UTC' as since,
    'infinity'::timestamptz as until,
    null::boolean as says_up
from incoming_special
where not is_known
group by store_id
