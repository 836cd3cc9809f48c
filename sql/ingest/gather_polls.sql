-- The polls that the file brings, beside what is known of the same instants. Of
-- two rows for one instant the later wins.
create unlogged table incoming_poll as
with

latest as (
    select distinct on (store_id, observed_at)
        store_id,
        observed_at,
        is_active
    from judged_status
    where reason is null
    order by store_id asc, observed_at asc, position desc
)

select
    l.store_id,
    l.observed_at,
    l.is_active,
    p.is_active as was_active
from latest as l
left join poll as p
    on l.store_id = p.store_id and l.observed_at = p.observed_at
