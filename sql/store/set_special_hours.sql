-- Give a date of a store special hours: none at all are a closed date. The same as it
-- has already are no change.
insert into special_hours as x (store_id, date, starts, ends)
select
    :'store_id' as store_id,
    :'date'::date as date,
    :'starts'::time[] as starts,
    :'ends'::time[] as ends
on conflict (store_id, date) do update
    set starts = excluded.starts, ends = excluded.ends
    where x.starts != excluded.starts or x.ends != excluded.ends
