-- The work tables last as long as an ingest.
drop table if exists
odd_id, status_file, hours_file, timezones_file, hours_row, timezones_row,
incoming_poll, incoming_hours, incoming_timezone, status_reject
cascade
