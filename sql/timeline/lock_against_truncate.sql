-- A refresh that cuts every period anew truncates the table, and then older snapshots
-- find nothing in it. So readers have this lock before their transaction looks at
-- anything.
lock table timeline in access share mode
