-- The outages that are ongoing at as_of, with their length in business hours, if any
-- rule about stores that are down can ask for one so short.
create temporary table ongoing_outage on commit drop as
with

-- The length of the outage until its end may be cut at as_of, never longer.
long_ones as (
    select
        store_id,
        starts_at,
        ends_at
    from outage
    where
        followed_at > :'as_of'::timestamptz
        and starts_at <= :'as_of'::timestamptz
        and down >= (
            select min(r.minutes) * interval '1 minute'
            from alert_rule as r
            where r.kind in ('down', 'together')
        )
    offset 0  -- noqa: AM09
)

select
    o.store_id,
    o.starts_at,
    seen.down
from long_ones as o
cross join
    lateral (
        select sum(least(t.ends_at, :'as_of'::timestamptz) - t.starts_at) as down
        from timeline as t
        where
            t.store_id = o.store_id
            and t.ends_at > o.starts_at
            and t.ends_at <= o.ends_at
            and t.starts_at <= :'as_of'::timestamptz
    ) as seen
