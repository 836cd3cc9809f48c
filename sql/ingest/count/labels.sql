-- The outcome of the rows of the file of labels. Each row is counted once. A row is new
-- if its store had no label of this name.
with

incoming as (
    select
        count(*) as latest,
        count(*) filter (where was_value is null) as new,
        count(*) filter (where was_value != value) as changed,
        count(*) filter (where was_value = value) as already_there
    from incoming_label
),

judged as (
    select
        count(*) as read,
        count(*) filter (where reason is null) as accepted,
        count(*) filter (where reason is not null) as rejected
    from labels_row
)

select
    judged.read,
    incoming.new,
    incoming.changed,
    incoming.already_there,
    judged.accepted - incoming.latest as superseded,
    judged.rejected
from judged
cross join incoming
