-- No poll is newer than the moment at which its store was last seen.
select
    s.store_id,
    s.last_seen_at,
    n.observed_at
from store as s
cross join
    lateral (
        select p.observed_at
        from poll as p
        where p.store_id = s.store_id
        order by p.observed_at desc
        limit 1
    ) as n
where s.last_seen_at is null or s.last_seen_at < n.observed_at
