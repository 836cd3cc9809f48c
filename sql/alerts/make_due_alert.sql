-- The work table of what an alert should be open for. A row that may not open one only
-- keeps one open.
create temporary table due_alert on commit drop as
select
    rule_id,
    store_id,
    value,
    store_ids,
    starts_at,
    true as may_open
from alert
where false
