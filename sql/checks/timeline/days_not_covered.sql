-- A store may have periods only on the dates that the timeline covers for it.
select distinct
    t.store_id,
    t.day
from timeline as t
where
    not exists (
        select from timeline_day as c
        where c.day = t.day
    )
    and not exists (
        select from timeline_store_day as c
        where c.store_id = t.store_id and c.day = t.day
    )
