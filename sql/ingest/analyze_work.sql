-- The planner knows nothing of tables made a moment ago.
analyze incoming_poll, incoming_hours, incoming_timezone
