-- Add the marked stores that are not known yet, with all that the files say about them:
-- to update so many rows afterwards takes longer. Each of them has one mark.
insert into store (store_id, timezone, display_name, last_seen_at)
with

newest_polls as (
    select
        store_id,
        max(newest) as observed_at
    from incoming_poll_day
    group by store_id
)

select
    m.store_id,
    z.timezone,
    coalesce(n.display_name, '') as display_name,
    p.observed_at as last_seen_at
from timeline_mark as m
left join incoming_timezone as z on m.store_id = z.store_id
left join incoming_name as n on m.store_id = n.store_id
left join newest_polls as p on m.store_id = p.store_id
where
    m.batch = :'batch'::uuid
    and not exists (
        select from store as s
        where s.store_id = m.store_id
    )
order by m.store_id
