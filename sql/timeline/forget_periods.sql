-- Delete the periods of the dates that were forgotten: those after the last one.
delete from timeline as t
using store as s
where
    t.store_id = s.store_id
    and t.ends_at > :'last_day'::date::timestamp at time zone 'UTC'
    and t.day > :'last_day'::date
