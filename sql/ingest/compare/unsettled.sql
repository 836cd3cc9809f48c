-- The stores that this ingest leaves without good hours or without a good zone: their
-- rows are rejected, and there are no good ones, neither in the files nor from before.
create unlogged table incoming_unsettled as
with

rejected_rows as (
    select
        store_id,
        'hours' as missing
    from hours_row
    where reason is not null
    union
    select
        store_id,
        'timezone' as missing
    from timezones_row
    where reason is not null
)

select
    r.store_id,
    r.missing
from rejected_rows as r
where
    r.store_id is not null
    and not exists (
        select from odd_id as o
        where o.store_id = r.store_id and o.reason is not null
    )
    and not exists (
        select from incoming_hours as h
        where r.missing = 'hours' and h.store_id = r.store_id
    )
    and not exists (
        select from business_hours as b
        where r.missing = 'hours' and b.store_id = r.store_id
    )
    and not exists (
        select from incoming_timezone as z
        where r.missing = 'timezone' and z.store_id = r.store_id
    )
    and not exists (
        select from store as s
        where
            r.missing = 'timezone'
            and s.store_id = r.store_id
            and s.timezone is not null
    )
