-- Update the names of the known stores that the file names.
update store as s
set display_name = i.display_name
from incoming_name as i
where s.store_id = i.store_id and s.display_name != i.display_name
