-- One poll for each store in the hour after the newest poll. As in the sample, one
-- in thirty changes the status.
select
    s.store_id,
    case
        when hashtextextended(s.store_id, extract(epoch from n.newest)::bigint) % 30 = 0
            then case when last.is_active then 'inactive' else 'active' end
        when last.is_active then 'active'
        else 'inactive'
    end as status,
    (
        n.newest at time zone 'UTC'
        + (abs(hashtextextended(s.store_id, 7)) % 3600) * interval '1 second'
    )::text || ' UTC' as timestamp_utc
from store as s
cross join (
    select date_trunc('hour', max(until) + interval '1 hour') as newest
    from (
        select newest_poll_at as until from timeline_state
        union all
        select until from timeline_mark where until < 'infinity'
    ) as known
) as n
left join lateral (
    select p.is_active
    from poll as p
    where p.store_id = s.store_id
    order by p.observed_at desc
    limit 1
) as last on true
