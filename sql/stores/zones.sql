-- The names of time zones that a store may have.
select name
from pg_timezone_names
order by name
