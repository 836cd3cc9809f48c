-- From now on the timeline covers these dates, for these stores alone.
insert into timeline_store_day (store_id, day)
select
    store_id,
    day
from own_day
