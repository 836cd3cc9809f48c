-- From now on the timeline covers the new dates.
insert into timeline_day (day)
select day
from new_day
