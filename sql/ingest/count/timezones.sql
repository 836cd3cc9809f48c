-- The outcome of the rows of the time zones file. Each row is counted once.
with

incoming as (
    select
        count(*) as latest,
        count(*) filter (where was_timezone is null) as new,
        count(*) filter (where was_timezone != timezone) as changed,
        count(*) filter (where was_timezone = timezone) as already_there
    from incoming_timezone
),

judged as (
    select
        count(*) as read,
        count(*) filter (where reason is null) as accepted,
        count(*) filter (where reason is not null) as rejected
    from timezones_row
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
