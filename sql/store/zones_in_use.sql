-- The zones that known stores have, null among them if some have none.
select distinct timezone
from store
order by timezone nulls first
