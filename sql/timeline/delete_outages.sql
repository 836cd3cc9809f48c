-- Delete the outages within the reaches; the next step adds them again.
delete from outage as o
using reach as r
where
    o.store_id = r.store_id
    and o.starts_at >= r.first_end
    and o.starts_at < r.last_start
