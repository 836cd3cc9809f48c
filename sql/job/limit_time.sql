-- From now on no statement of this connection may take longer.
select set_config('statement_timeout', :'milliseconds'::text, false) as milliseconds
