-- The time zones of the sample.
select
    store_id,
    timezone as timezone_str
from sample_zone
order by number
