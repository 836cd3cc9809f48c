-- Count events: the lists have the counter and the amount of each. The order of the
-- rows is the order of their locks, so that two of these never wait for each other.
insert into counter (name, kind, outcome, times, total)
select
    name,
    kind,
    outcome,
    1 as times,
    total
from
    unnest(
        :'names'::text[],
        :'kinds'::text[],
        :'outcomes'::text[],
        :'totals'::double precision[]
    ) as amount (name, kind, outcome, total)
order by name, kind, outcome
on conflict (name, kind, outcome) do update set
    times = counter.times + excluded.times,
    total = counter.total + excluded.total
