-- The 20 newest polls of a store with their reasons, in UTC and in its local time
-- (rule 1).
select
    p.observed_at,
    p.observed_at at time zone s.zone as observed_at_local,
    p.is_active,
    p.reason
from store as s
inner join poll as p on s.store_id = p.store_id
where s.store_id = :'store_id' and p.store_id = :'store_id'
order by p.observed_at desc
limit 20
