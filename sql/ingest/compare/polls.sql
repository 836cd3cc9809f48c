-- The polls in the file, compared with the known polls of the same instants. If two
-- rows have the same instant, the later row wins. Invalid rows are left out; the rules
-- are the same as in ingest/judge/status.
create unlogged table incoming_poll as
with

-- `offset 0`, here and below, keeps the planner from parsing a timestamp again for each
-- comparison. With `is not null` the planner expects nearly every row to pass.
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
