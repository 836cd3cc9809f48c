-- What the timeline was made with, and the newest poll that it has heard of.
update timeline_state
set
    carry_limit = :'carry'::interval,
    newest_poll_at = :'newest_poll_at'::timestamptz
