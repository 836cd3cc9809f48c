-- Knowing that each is there once, the planner looks them up by hash.
analyze file_id
