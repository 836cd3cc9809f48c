-- The display names of the sample: the brand at its location.
select
    store_id,
    brand || ', ' || location as display_name
from sample_label
order by number
