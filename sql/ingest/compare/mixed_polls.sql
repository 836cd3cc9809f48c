-- The polls of the file, if some are plain and some came as text, or if the plain ones
-- were sorted in several runs. They are sorted together. Then of two rows with the same
-- instant the later row wins: one without a record, or else the larger record. Its
-- reason wins with it.
create temporary view latest_poll as
select distinct on (store_id, observed_at)
    store_id,
    observed_at,
    is_active,
    reason
from (
    select
        store_id,
        observed_at,
        is_active,
        null as reason,
        record
    from plain_poll
    union all
    select
        store_id,
        observed_at,
        is_active,
        reason,
        record
    from text_poll
) as polls
order by store_id asc, observed_at asc, record desc nulls first
