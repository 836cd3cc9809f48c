-- Where a reader stands: the newest poll, the date that the history is kept from, and
-- whether the timeline has heard of all there is.
select
    newest_poll_at,
    history_from,
    not exists (select from timeline_mark)
    and coalesce(carry_limit = :'carry'::interval, false) as is_current
from timeline_state
