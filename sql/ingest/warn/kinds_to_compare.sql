-- The kinds of files, hours and time zones, whose ids are compared with those of polls.
-- An ingest that brings no hours, no zone and no newly polled store makes nothing
-- worse, and then there is none. A file with ten ids or more speaks for itself.
with

sizes as (
    select
        count(*) filter (where kind = 'hours') as hours,
        count(*) filter (where kind = 'timezones') as timezones,
        coalesce(bool_or(kind = 'status' and not was_polled), false) as polls_a_new_one
    from file_id
)

select
    k.kind,
    k.ids >= 10 as speaks_for_itself
from sizes as s
cross join
    lateral (values ('hours', s.hours), ('timezones', s.timezones)) as k (kind, ids)
where k.ids > 0 or s.polls_a_new_one
