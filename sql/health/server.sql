-- What the server says about itself. This is the only query that asks for its clock.
select
    current_setting('server_version') as version,
    current_setting('server_version_num')::integer as version_number,
    current_setting('server_encoding') as encoding,
    current_setting('transaction_read_only')::boolean as is_read_only,
    current_setting('fsync')::boolean as fsync,
    current_setting('full_page_writes')::boolean as full_page_writes,
    current_setting('autovacuum')::boolean as autovacuum,
    current_setting('max_connections')::integer as max_connections,
    clock_timestamp() as clock
