-- A file of hours replaces the whole week of each store that it names.
delete from business_hours as b
using replaced_hours as r
where
    b.store_id = r.store_id
    and b.weekday = r.weekday
    and b.starts = r.starts
    and b.ends = r.ends
