-- Do the stores with hours (or zones) and the stores with polls hardly overlap? They do
-- if less than a tenth of the smaller side is on the other side. Each side is the ids
-- in the file with those known before. So the polls of one hour, or the hours of a few
-- new stores, do not look wrong beside data that fits. But a file of hours or zones
-- that speaks for itself is not in `with_known`: else the data that fits would hide a
-- file that does not. One id on each side is enough, because files of one store that do
-- not fit are as wrong. `kinds` are those of ingest/warn/kinds_to_compare. A viewer who
-- sees only some stores learns nothing of the others: only the ids in the files are
-- compared.
with

ids as (
    select
        store_id,
        kind
    from file_id
    where kind = 'status' or kind = any(:'kinds'::text[])
    union all
    select
        store_id,
        'status' as kind
    from store
    where last_seen_at is not null and :'viewer'::integer is null
    union all
    select
        store_id,
        'hours' as kind
    from business_hours
    where 'hours' = any(:'with_known'::text[]) and :'viewer'::integer is null
    union all
    select
        store_id,
        'timezones' as kind
    from store
    where
        timezone is not null
        and 'timezones' = any(:'with_known'::text[])
        and :'viewer'::integer is null
),

sides as (
    select
        store_id,
        bool_or(kind = 'status') as is_polled,
        bool_or(kind = 'hours') as has_hours,
        bool_or(kind = 'timezones') as has_zone
    from ids
    group by store_id
),

counted as materialized (
    select
        count(*) filter (where is_polled) as polled,
        count(*) filter (where has_hours) as with_hours,
        count(*) filter (where has_zone) as with_zone,
        count(*) filter (where is_polled and has_hours) as shared_hours,
        count(*) filter (where is_polled and has_zone) as shared_zones,
        min(store_id) filter (where is_polled and not has_hours) as without_hours,
        min(store_id) filter (where is_polled and not has_zone) as without_zone,
        min(store_id) filter (where has_hours and not is_polled) as hours_only,
        min(store_id) filter (where has_zone and not is_polled) as zone_only
    from sides
)

select
    k.kind,
    c.polled,
    k.others,
    k.shared,
    k.polled_example,
    k.other_example
from counted as c
cross join
    lateral (
        values
        ('hours', c.with_hours, c.shared_hours, c.without_hours, c.hours_only),
        ('timezones', c.with_zone, c.shared_zones, c.without_zone, c.zone_only)
    ) as k (kind, others, shared, polled_example, other_example)
where k.kind = any(:'kinds'::text[]) and k.shared * 10 < least(c.polled, k.others)
order by k.kind
