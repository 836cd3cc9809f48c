-- From now on no statement of this connection may take longer; 0 is no limit.
select set_config('statement_timeout', :'milliseconds'::text, false) as milliseconds
