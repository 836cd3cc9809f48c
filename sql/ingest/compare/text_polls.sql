-- The valid polls in status_file: odd rows, and those that were not read by columns. If
-- two rows have the same instant, the later row wins. The rules are the same as in
-- ingest/judge/status. The instant is judged apart, so that the planner does not guess
-- that most rows fail.
create unlogged table text_poll as
with

-- `offset 0`, here and below, keeps the planner from parsing a timestamp again for each
-- comparison. With `is not null` the planner expects nearly every row to pass.
latest as (
    select distinct on (store_id, observed_at)
        store_id,
        observed_at,
        is_active,
        reason,
        record
    from status_reading
    where store_id is not null and is_active is not null
    order by
        store_id asc, observed_at asc, record desc nulls first, position desc
    offset 0
),

judged as (
    select
        store_id,
        is_active,
        reason,
        record,
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
    store_id,
    observed_at,
    is_active,
    reason,
    record
from judged
where observed_at is not null
