-- The weeks in the file, compared with the known hours of the same stores.
create unlogged table incoming_hours as
with

file_weeks as (
    select distinct
        store_id,
        weekday,
        starts,
        ends
    from hours_row
    where reason is null
)

select
    w.store_id,
    w.weekday,
    w.starts,
    w.ends,
    b.store_id is not null as is_known,
    (
        select count(*) > 0
        from business_hours as h
        where h.store_id = w.store_id
    ) as had_week
from file_weeks as w
left join business_hours as b
    on
        w.store_id = b.store_id
        and w.weekday = b.weekday
        and w.starts = b.starts
        and w.ends = b.ends
