-- Do the stores with hours (or zones) and the stores with polls hardly overlap? They do
-- if less than a tenth of the smaller side is on the other side. Each side is the ids
-- in the file with those known before. So the polls of one hour, or the hours of a few
-- new stores, do not look wrong beside data that fits. But a file of hours or zones
-- with ten ids or more speaks for itself: else the data that fits would hide a file
-- that does not. One id on each side is enough, because files of one store that do not
-- fit are as wrong. An ingest that brings no hours, no zone and no newly polled store
-- makes nothing worse, and then nothing is read. A viewer who sees only some stores
-- learns nothing of the others: only the ids in the files are compared.
with

sizes as (
    select
        k.kind,
        count(f.store_id) as ids,
        count(f.store_id) >= 10 as speaks_for_itself
    from (values ('hours'), ('timezones')) as k (kind)
    left join file_id as f on k.kind = f.kind
    group by k.kind
),

wanted as (
    select
        kind,
        speaks_for_itself
    from sizes
    where
        ids > 0
        or exists (
            select from file_id as f
            where f.kind = 'status' and not f.was_polled
        )
),

polled as (
    select store_id
    from file_id
    where kind = 'status'
    union
    select store_id
    from store
    where
        last_seen_at is not null
        and exists (select from wanted)
        and :'viewer'::integer is null
),

others as (
    select
        kind,
        store_id
    from file_id
    where kind in (select w.kind from wanted as w)
    union
    select
        'hours' as kind,
        store_id
    from business_hours
    where
        :'viewer'::integer is null
        and exists (
            select from wanted as w
            where w.kind = 'hours' and not w.speaks_for_itself
        )
    union
    select
        'timezones' as kind,
        store_id
    from store
    where
        timezone is not null
        and :'viewer'::integer is null
        and exists (
            select from wanted as w
            where w.kind = 'timezones' and not w.speaks_for_itself
        )
),

compared as (
    select
        o.kind,
        (select count(*) from polled) as polled,
        count(*) as others,
        count(p.store_id) as shared,
        min(o.store_id) filter (where p.store_id is null) as other_example
    from others as o
    left join polled as p on o.store_id = p.store_id
    group by o.kind
)

select
    c.kind,
    c.polled,
    c.others,
    c.shared,
    c.other_example,
    (
        select min(p.store_id) from polled as p
        where
            not exists (
                select from others as o
                where o.kind = c.kind and o.store_id = p.store_id
            )
    ) as polled_example
from compared as c
where c.shared * 10 < least(c.polled, c.others)
order by c.kind
