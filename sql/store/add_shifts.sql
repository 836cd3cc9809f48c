-- What a store's new week has and the one before had not.
insert into business_hours (store_id, weekday, starts, ends)
select distinct
    :'store_id' as store_id,
    w.weekday,
    w.starts,
    w.ends
from
    unnest(
        :'weekdays'::smallint[], :'starts'::time[], :'ends'::time[]
    ) as w (weekday, starts, ends)
on conflict do nothing
