-- The down periods within the reaches, each with the period that follows. Each store is
-- read in the order of the timeline's key, without a sort.
create temporary table down_period on commit drop as
select
    r.store_id,
    p.day,
    p.starts_at,
    p.ends_at,
    p.next_day,
    p.next_starts_at,
    coalesce(p.next_is_up, true) as is_last
from reach as r
cross join
    lateral (
        select
            t.day,
            t.starts_at,
            t.ends_at,
            t.is_up,
            lead(t.day) over in_order as next_day,
            lead(t.starts_at) over in_order as next_starts_at,
            lead(t.is_up) over in_order as next_is_up
        from timeline as t
        where
            t.store_id = r.store_id
            and t.ends_at > r.first_end
            -- A period is at most a date long, so the key's range can end here.
            and t.ends_at < r.last_start + interval '2 days'
            and t.starts_at <= r.last_start
        window in_order as (partition by t.store_id order by t.ends_at)
    ) as p
where not p.is_up
