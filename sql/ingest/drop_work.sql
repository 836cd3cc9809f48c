-- An ingest starts without the work tables of one before it in this transaction.
drop table if exists
pg_temp.status_file, pg_temp.hours_file, pg_temp.timezones_file, pg_temp.bad_id,
pg_temp.status_row, pg_temp.hours_row, pg_temp.timezones_row,
pg_temp.incoming_poll, pg_temp.incoming_hours, pg_temp.incoming_timezone
