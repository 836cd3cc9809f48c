-- Hold a report until it is released or this connection ends, if nobody else does.
select pg_try_advisory_lock(hashtextextended(:'report_id', 0)) as is_mine
