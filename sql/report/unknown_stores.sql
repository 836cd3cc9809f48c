-- Which of these stores are not known, or not to be seen: the first ten, in their
-- order.
select w.store_id
from unnest(:'store_ids'::text[]) with ordinality as w (store_id, place)
left join store as s on w.store_id = s.store_id
where
    s.store_id is null
    or not coalesce(w.store_id = any(:'visible'::text[]), true)
order by w.place
limit 10
