-- Remove the special hours of a date from the stores that shall have none.
delete from special_hours as x
using special_plan as p
where
    x.store_id = p.store_id
    and x.date = :'date'::date
    and p.fate = 'set'
    and p.starts_after is null
