-- Set the special hours of a date as planned, in place of those that a store has.
insert into special_hours (store_id, date, starts, ends)
select
    store_id,
    :'date'::date as date,
    starts_after,
    ends_after
from special_plan
where fate = 'set' and starts_after is not null
order by store_id
on conflict (store_id, date) do update
    set starts = excluded.starts, ends = excluded.ends
