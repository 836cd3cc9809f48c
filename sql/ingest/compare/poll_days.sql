-- The incoming polls by store and UTC date: how many are new or changed, and the newest
-- of all. Of the new and changed ones: the first, the last, and their status. Another
-- reason does not make a poll changed: no figure depends on it.
create unlogged table incoming_poll_day as
select
    store_id,
    count(*) as latest,
    count(*) filter (where was_active is null) as new,
    count(*) filter (where was_active != is_active) as changed,
    max(observed_at) as newest,
    min(observed_at) filter (where was_active is distinct from is_active) as since,
    max(observed_at) filter (where was_active is distinct from is_active) as until,
    bool_and(is_active) filter (where was_active is distinct from is_active)
        as all_say_up,
    bool_or(is_active) filter (where was_active is distinct from is_active)
        as one_says_up
from incoming_poll
group by store_id, (observed_at at time zone 'UTC')::date
