-- How many of these keys are locked: pg_locks shows the advisory locks of connections.
with

locks as (
    select classid::bigint << 32 | objid::bigint as key
    from pg_locks
    where locktype = 'advisory' and granted
)

select count(*) as held
from unnest(:'keys'::text[]) as k (key)
inner join locks as l on hashtextextended(k.key, 0) = l.key
