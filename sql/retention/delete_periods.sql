-- Delete the periods of the dates before the boundary.
delete from timeline as t
using store as s
where
    t.store_id = s.store_id
    and t.day < :'boundary'::date
    and t.ends_at < (:'boundary'::date + 2)::timestamp at time zone 'UTC'
