-- The local dates of a range that the timeline does not cover, since nobody saw any
-- store anywhere near them.
select d.day::date as day
from store as s
cross join
    generate_series(
        (
            :'since'::timestamptz at time zone coalesce(s.timezone, 'America/Chicago')
        )::date - 1,
        (
            :'until'::timestamptz at time zone coalesce(s.timezone, 'America/Chicago')
        )::date + 1,
        '1 day'
    ) as d (day)
where
    s.store_id = :'store_id'
    and not exists (
        select from timeline_day as c
        where c.day = d.day
    )
