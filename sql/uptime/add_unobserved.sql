-- Add the business time of the dates in the range that the timeline does not cover: it
-- is unobserved (rule 6).
insert into range_period (day, starts_at, ends_at, is_up, is_excused)
select
    day,
    greatest(opens_at, :'since'::timestamptz) as starts_at,
    least(closes_at, :'until'::timestamptz) as ends_at,
    null::boolean as is_up,
    false as is_excused
from work_session
where closes_at > :'since'::timestamptz and opens_at < :'until'::timestamptz
