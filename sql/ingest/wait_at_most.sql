-- In this transaction wait for no lock longer than that.
select set_config('lock_timeout', :'milliseconds'::text, true) as milliseconds
