-- Hold a job until it is released or this connection ends, if nobody else does.
select pg_try_advisory_lock(hashtextextended(:'job_id', 0)) as is_mine
