-- The planner knows nothing of tables made a moment ago.
analyze due_day, work_session
