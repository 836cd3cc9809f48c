-- The work tables last as long as an ingest.
drop table if exists
odd_id, time_reading,
status_file, hours_file, timezones_file, special_file,
status_reject, hours_row, timezones_row, special_row,
incoming_poll, incoming_poll_day, incoming_hours, incoming_timezone, incoming_special
cascade
