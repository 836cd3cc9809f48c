-- How many polls some stores have; no more are counted than asked for.
select count(*) as polls
from (
    select from poll
    where store_id = any(:'store_ids'::text[])
    limit :'most'::bigint  -- noqa: AM09
) as counted
