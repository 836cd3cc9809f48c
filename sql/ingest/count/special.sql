-- The outcome of the rows of the file of special hours. Each row is counted once, with
-- the other rows of its store and date. They are new if that date had no special hours
-- yet, changed if it had others.
with

incoming as (
    select
        coalesce(sum(row_count), 0) as latest,
        coalesce(sum(row_count) filter (where not had_hours), 0) as new,
        coalesce(sum(row_count) filter (where had_hours and not is_known), 0)
            as changed,
        coalesce(sum(row_count) filter (where is_known), 0) as already_there
    from incoming_special
),

judged as (
    select
        count(*) as read,
        count(*) filter (where reason is null) as accepted,
        count(*) filter (where reason is not null) as rejected
    from special_row
)

select
    judged.read,
    incoming.new::bigint,
    incoming.changed::bigint,
    incoming.already_there::bigint,
    (judged.accepted - incoming.latest)::bigint as superseded,
    judged.rejected
from judged
cross join incoming
