-- A store's polls from since to until, both included, the oldest first, and of these
-- the first `most` after the one at `after`.
select
    store_id,
    case when is_active then 'active' else 'inactive' end as status,
    observed_at as timestamp_utc
from poll
where
    store_id = :'store_id'
    and observed_at between :'since'::timestamptz and :'until'::timestamptz
    and observed_at > coalesce(:'after'::timestamptz, '-infinity')
order by observed_at asc
limit :'most'::integer
