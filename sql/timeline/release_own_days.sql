-- What is covered for all stores is no longer covered for one alone.
delete from timeline_store_day as d
using new_day as n
where d.day = n.day
