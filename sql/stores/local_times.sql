-- Instants, and what the clock of a store shows at each (rule 1).
select
    i.instant,
    i.instant at time zone s.zone as local
from store as s
cross join unnest(:'instants'::timestamptz[]) as i (instant)
where s.store_id = :'store_id'
