-- Update the names of the stores that the file names, also of the new ones.
update store as s
set display_name = i.display_name
from incoming_name as i
where s.store_id = i.store_id and s.display_name != i.display_name
