-- What becomes of the rows of the status file: each is counted once.
with

incoming as (
    select
        count(*) as latest,
        count(*) filter (where was_active is null) as new,
        count(*) filter (where was_active != is_active) as changed,
        count(*) filter (where was_active = is_active) as already_there
    from incoming_poll
),

judged as (
    select
        (select count(*) from status_file) as read,
        (select count(*) from status_reject) as rejected
)

select
    judged.read,
    incoming.new,
    incoming.changed,
    incoming.already_there,
    judged.read - judged.rejected - incoming.latest as superseded,
    judged.rejected
from judged
cross join incoming
