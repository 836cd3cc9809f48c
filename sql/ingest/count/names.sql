-- The outcome of the rows of the file of names. Each row is counted once. A row is new
-- if its store was unknown or had no name.
with

incoming as (
    select
        count(*) as latest,
        count(*) filter (
            where was_name is distinct from display_name and coalesce(was_name, '') = ''
        ) as new,
        count(*) filter (where was_name != '' and was_name != display_name) as changed,
        count(*) filter (where was_name = display_name) as already_there
    from incoming_name
),

judged as (
    select
        count(*) as read,
        count(*) filter (where reason is null) as accepted,
        count(*) filter (where reason is not null) as rejected
    from names_row
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
