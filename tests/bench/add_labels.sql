-- Eight regions, which a sixteenth of the stores have none of, and three stores at each
-- location.
insert into store_label (store_id, name, value)
select
    store_id,
    'region' as name,
    (
        array['north', 'south', 'east', 'west', 'center', 'coast', 'lakes', 'hills']
    )[1 + number % 8] as value
from (select store_id, row_number() over (order by store_id) as number from store) as s
where number % 16 <> 0
union all
select
    store_id,
    'location' as name,
    'location ' || number / 3 as value
from (select store_id, row_number() over (order by store_id) as number from store) as s
