-- What the new and the changed polls say, a mark for each store and UTC date. Of a
-- store that has its mark already, as new or changed, all polls are looked at anyway.
insert into timeline_mark (store_id, batch, since, until, says_up)
select
    p.store_id,
    :'batch'::uuid as batch,
    min(p.observed_at) as since,
    max(p.observed_at) as until,
    case
        when bool_and(p.is_active) = bool_or(p.is_active) then bool_and(p.is_active)
    end as says_up
from incoming_poll as p
where
    p.was_active is distinct from p.is_active
    and not exists (
        select from timeline_mark as m
        where m.batch = :'batch'::uuid and m.store_id = p.store_id
    )
group by p.store_id, (p.observed_at at time zone 'UTC')::date
