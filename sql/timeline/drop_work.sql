-- A refresh starts without the work tables of one before it in this transaction.
drop table if exists
pg_temp.marked_date, pg_temp.new_day, pg_temp.due_day, pg_temp.work_session
