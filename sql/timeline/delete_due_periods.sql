-- Away with the periods of the due dates; the next step cuts them anew.
delete from timeline as t
using due_day as d
where
    t.store_id = d.store_id
    and t.day = d.day
    and t.ends_at > (d.day - 1)::timestamp at time zone 'UTC'
    and t.ends_at < (d.day + 3)::timestamp at time zone 'UTC'
