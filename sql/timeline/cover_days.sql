-- From now on the timeline covers the new dates, for all stores.
insert into timeline_day (day)
select day
from new_day
