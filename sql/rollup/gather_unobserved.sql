-- The sessions of the dates that the timeline does not cover: they are unobserved
-- (rule 6).
create temporary table unobserved on commit drop as
select
    u.store_id,
    u.day,
    w.opens_at as starts_at,
    w.closes_at as ends_at
from uncovered_day as u
inner join work_session as w on u.stand_in = w.store_id and u.day = w.day
