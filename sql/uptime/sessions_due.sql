-- The sessions that have been expanded.
select
    day,
    opens_at,
    closes_at
from work_session
order by opens_at
