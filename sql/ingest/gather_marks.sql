-- What the new and the changed polls say, a mark for each store and UTC date.
create unlogged table incoming_mark as
select
    store_id,
    min(observed_at) as since,
    max(observed_at) as until,
    case when bool_and(is_active) = bool_or(is_active) then bool_and(is_active) end
        as says_up
from incoming_poll
where was_active is distinct from is_active
group by store_id, (observed_at at time zone 'UTC')::date
