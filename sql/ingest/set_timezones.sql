-- The zones of the stores that the file names.
update store as s
set timezone = i.timezone
from incoming_timezone as i
where s.store_id = i.store_id and i.was_timezone is distinct from i.timezone
