-- Rules 7 to 9: cut the timeline to each window that ends at as_of, and sum. Every
-- known store has a row; its figures are exact, nothing is rounded here.
insert into report_row (
    store_id, report_id,
    up_hour, up_day, up_week,
    down_hour, down_day, down_week,
    unobserved_hour, unobserved_day, unobserved_week
)
with

periods as (
    select
        store_id,
        is_up,
        starts_at,
        least(ends_at, :'as_of'::timestamptz) as ends_at
    from timeline
    where
        ends_at > :'as_of'::timestamptz - interval '168 hours'
        and starts_at < :'as_of'::timestamptz
),

parts as (
    select
        store_id,
        is_up,
        greatest(
            ends_at - greatest(starts_at, :'as_of'::timestamptz - interval '1 hour'),
            interval '0'
        ) as in_hour,
        greatest(
            ends_at
            - greatest(starts_at, :'as_of'::timestamptz - interval '24 hours'),
            interval '0'
        ) as in_day,
        ends_at
        - greatest(starts_at, :'as_of'::timestamptz - interval '168 hours')
            as in_week
    from periods
),

sums as (
    select
        store_id,
        sum(in_hour) filter (where is_up) as up_hour,
        sum(in_day) filter (where is_up) as up_day,
        sum(in_week) filter (where is_up) as up_week,
        sum(in_hour) filter (where not is_up) as down_hour,
        sum(in_day) filter (where not is_up) as down_day,
        sum(in_week) filter (where not is_up) as down_week,
        sum(in_hour) filter (where is_up is null) as unobserved_hour,
        sum(in_day) filter (where is_up is null) as unobserved_day,
        sum(in_week) filter (where is_up is null) as unobserved_week
    from parts
    group by store_id
)

select
    s.store_id,
    :'report_id'::uuid as report_id,
    coalesce(f.up_hour, interval '0') as up_hour,
    coalesce(f.up_day, interval '0') as up_day,
    coalesce(f.up_week, interval '0') as up_week,
    coalesce(f.down_hour, interval '0') as down_hour,
    coalesce(f.down_day, interval '0') as down_day,
    coalesce(f.down_week, interval '0') as down_week,
    coalesce(f.unobserved_hour, interval '0') as unobserved_hour,
    coalesce(f.unobserved_day, interval '0') as unobserved_day,
    coalesce(f.unobserved_week, interval '0') as unobserved_week
from store as s
left join sums as f on s.store_id = f.store_id
where :'store_ids'::text[] is null or s.store_id = any(:'store_ids'::text[])
