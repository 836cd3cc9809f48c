-- Let go of a report.
select pg_advisory_unlock(hashtextextended(:'report_id', 0)) as was_mine
