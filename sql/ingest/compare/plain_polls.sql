-- The polls of the file, if all are plain and of one run: they are sorted already.
-- Plain polls have no reason.
create temporary view latest_poll as
select
    store_id,
    observed_at,
    is_active,
    null as reason
from plain_poll
