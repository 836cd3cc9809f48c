-- The polls that the file brings, beside what is known of the same instants. Of two
-- rows for one instant the later wins. Rows that cannot be right are left out, as
-- ingest/find_rejects has it.
create unlogged table incoming_poll as
with

-- `offset 0` keeps a timestamp from being read again for each comparison below.
latest as (
    select distinct on (store_id, observed_at)
        store_id,
        observed_at,
        is_active
    from status_reading
    where id_problem is null and is_active is not null
    order by store_id asc, observed_at asc, position desc
    offset 0
)

select
    l.store_id,
    l.observed_at,
    l.is_active,
    p.is_active as was_active
from latest as l
left join poll as p
    on l.store_id = p.store_id and l.observed_at = p.observed_at
where
    l.observed_at >= '1970-01-01T00:00:00Z'
    and l.observed_at < '2101-01-01T00:00:00Z'
    and l.observed_at <= :'now'::timestamptz + interval '24 hours'
