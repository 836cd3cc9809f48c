-- A file of special hours replaces the hours of each date of a store that it names.
insert into special_hours (store_id, date, starts, ends)
select
    store_id,
    date,
    starts,
    ends
from incoming_special
where not is_known
order by store_id, date
on conflict (store_id, date) do update
    set starts = excluded.starts, ends = excluded.ends
