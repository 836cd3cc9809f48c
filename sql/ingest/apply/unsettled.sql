-- From now on nobody guesses the hours of these stores, even if they become known
-- later.
insert into unsettled (store_id, missing)
select
    store_id,
    missing
from incoming_unsettled
order by store_id, missing
on conflict do nothing
