-- The timeline has periods only on dates that it says it covers.
select distinct day
from timeline
except
select day
from timeline_day
