-- The state that a reader finds: the newest poll, the first date of the kept history,
-- and whether all marks have been processed.
select
    newest_poll_at,
    history_from,
    not exists (select from timeline_mark)
    and coalesce(carry_limit = :'carry'::interval, false) as is_current
from timeline_state
