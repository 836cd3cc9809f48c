-- The planner knows nothing of tables made a moment ago.
analyze incoming_hours, incoming_timezone, incoming_special
