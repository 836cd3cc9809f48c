-- One refresh at a time: the others wait here until it has committed.
select
    newest_poll_at,
    carry_limit,
    history_from
from timeline_state
for update
