-- One refresh at a time. Other than that of a row, this lock is had before the
-- transaction looks at anything, so that it then sees what the one before it left.
lock table timeline_state in exclusive mode
