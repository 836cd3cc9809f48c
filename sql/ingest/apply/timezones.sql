-- Update the zones of the known stores that the file names.
update store as s
set timezone = i.timezone
from incoming_timezone as i
where s.store_id = i.store_id and s.timezone is distinct from i.timezone
