-- The outages that began before the boundary must be derived again: from the start of
-- the kept history to the first period after the boundary that is not down.
create temporary table reach on commit drop as
select
    o.store_id,
    '-infinity'::timestamptz as first_end,
    max(o.followed_at) as last_start
from outage as o
where o.starts_at < (:'boundary'::date + 1)::timestamp at time zone 'UTC'
group by o.store_id
