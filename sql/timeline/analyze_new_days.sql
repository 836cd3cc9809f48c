-- Without this the planner takes a few dates for thousands, and makes room for them.
analyze new_day
