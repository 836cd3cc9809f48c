-- The newest poll that the timeline includes, and the transaction that last wrote it:
-- each refresh is another one.
select
    newest_poll_at,
    xmin::text as version
from timeline_state
