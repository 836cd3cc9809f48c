-- The polls that the file brings, beside what is known of the same instants. Of two
-- rows for one instant the later wins. Rows that cannot be right are left out, as
-- ingest/find_rejects has it.
create unlogged table incoming_poll as
with

-- `offset 0`, here and below, keeps a timestamp from being read again wherever it is
-- compared. Asking only for what is not null, the planner expects nearly every row.
latest as (
    select distinct on (store_id, observed_at)
        store_id,
        observed_at,
        is_active
    from status_reading
    where store_id is not null and is_active is not null
    order by store_id asc, observed_at asc, position desc
    offset 0
),

judged as (
    select
        store_id,
        is_active,
        case
            when
                observed_at >= '1970-01-01T00:00:00Z'
                and observed_at < '2101-01-01T00:00:00Z'
                and observed_at <= :'now'::timestamptz + interval '24 hours'
                then observed_at
        end as observed_at
    from latest
    offset 0  -- noqa: AM09
)

select
    j.store_id,
    j.observed_at,
    j.is_active,
    p.is_active as was_active
from judged as j
left join poll as p
    on j.store_id = p.store_id and j.observed_at = p.observed_at
where j.observed_at is not null
