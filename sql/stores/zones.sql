-- The names of time zones that a store may have.
select name
from pg_timezone_names
where name !~ :'no_zone'
order by name
