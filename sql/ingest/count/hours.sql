-- The outcome of the rows of the hours file. Each row is counted once. A row is new if
-- its store had no week yet, changed if it alters the week.
with

incoming as (
    select
        count(*) as latest,
        count(*) filter (where not had_week) as new,
        count(*) filter (where had_week and not is_known) as changed,
        count(*) filter (where is_known) as already_there
    from incoming_hours
),

judged as (
    select
        count(*) as read,
        count(*) filter (where reason is null) as accepted,
        count(*) filter (where reason is not null) as rejected
    from hours_row
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
