-- The dates to expand, of the stores that stand for others. The sessions are found as
-- those of due dates are.
create temporary table due_day on commit drop as
select distinct
    stand_in as store_id,
    day
from uncovered_day
