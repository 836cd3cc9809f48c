-- How wide the first column of a printed report must be.
select coalesce(max(char_length(store_id)), 0) as width
from report_row
where report_id = :'report_id'::uuid
