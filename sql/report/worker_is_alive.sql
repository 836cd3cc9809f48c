-- Whether anybody works: a message came through the queue since then, or a report
-- that is running is held (the lock of job/hold, as pg_locks shows it).
with

locks as (
    select classid::bigint << 32 | objid::bigint as key
    from pg_locks
    where locktype = 'advisory' and granted
),

signs as (
    select seen_at
    from heartbeat
    where seen_at >= :'since'::timestamptz
),

held_reports as (
    select r.report_id
    from report as r
    inner join locks as l on hashtextextended(r.report_id::text, 0) = l.key
    where r.state = 'running'
)

select
    exists (select from signs)
    or exists (select from held_reports) as is_alive
