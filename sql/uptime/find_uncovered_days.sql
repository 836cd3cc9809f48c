-- The local dates of a range that the timeline does not cover for a store, because it
-- was not polled near them. Their sessions are then expanded like those of due dates.
create temporary table due_day on commit drop as
select
    s.store_id,
    d.day::date as day
from store as s
cross join
    generate_series(
        (:'since'::timestamptz at time zone s.zone)::date - 1,
        (:'until'::timestamptz at time zone s.zone)::date + 1,
        '1 day'
    ) as d (day)
where
    s.store_id = :'store_id'
    and not exists (
        select from timeline_day as c
        where c.day = d.day
    )
    and not exists (
        select from timeline_store_day as c
        where c.store_id = s.store_id and c.day = d.day
    )
