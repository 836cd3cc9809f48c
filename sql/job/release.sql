-- Let go of a job.
select pg_advisory_unlock(hashtextextended(:'job_id', 0)) as was_mine
