-- The outcome of the rows of the status file. Each row is counted once. `plain_rows` is
-- how many plain rows were read; plain_poll lacks those that a later one superseded.
with

incoming as (
    select
        coalesce(sum(latest), 0)::bigint as latest,
        coalesce(sum(new), 0)::bigint as new,
        coalesce(sum(changed), 0)::bigint as changed
    from incoming_poll_day
),

judged as materialized (
    select
        (select count(*) from status_file) + :'plain_rows'::bigint as read,
        (select count(*) from status_reject) as rejected
)

select
    judged.read,
    incoming.new,
    incoming.changed,
    incoming.latest - incoming.new - incoming.changed as already_there,
    judged.read - judged.rejected - incoming.latest as superseded,
    judged.rejected
from judged
cross join incoming
