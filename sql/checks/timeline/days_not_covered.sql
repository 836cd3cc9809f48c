-- The timeline may have periods only on the dates in timeline_day.
select distinct day
from timeline
except
select day
from timeline_day
