-- From now on no figure reaches back before this date. A boundary never goes back.
update timeline_state
set history_from = :'boundary'::date
where history_from is null or history_from <= :'boundary'::date
