-- How a store stands: the zone it is read in (rule 1), and if the timeline has yet
-- to hear of a change of its polls, hours or zone.
select
    coalesce(s.timezone, 'America/Chicago') as timezone,
    exists(
        select from timeline_mark as m
        where m.store_id = s.store_id
    ) as is_pending
from store as s
where s.store_id = :'store_id'
