-- A sample starts without the work table of one before it in this transaction.
drop table if exists pg_temp.sample_store
