-- Rules 7 to 9: cut the timeline to the windows that end at as_of, and sum. Every
-- known store gets a row. Its figures are exact: nothing is rounded here. Each store is
-- looked up by the timeline's key, so periods older than a week cost nothing.
insert into report_row (
    store_id, report_id,
    up_hour, up_day, up_week,
    down_hour, down_day, down_week,
    unobserved_hour, unobserved_day, unobserved_week
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
cross join
    lateral (
        select
            sum(p.in_hour) filter (where p.is_up) as up_hour,
            sum(p.in_day) filter (where p.is_up) as up_day,
            sum(p.in_week) filter (where p.is_up) as up_week,
            sum(p.in_hour) filter (where not p.is_up) as down_hour,
            sum(p.in_day) filter (where not p.is_up) as down_day,
            sum(p.in_week) filter (where not p.is_up) as down_week,
            sum(p.in_hour) filter (where p.is_up is null) as unobserved_hour,
            sum(p.in_day) filter (where p.is_up is null) as unobserved_day,
            sum(p.in_week) filter (where p.is_up is null) as unobserved_week
        from (
            select
                t.is_up,
                case
                    when t.ends_at > :'hour_start'::timestamptz
                        then
                            least(t.ends_at, :'as_of'::timestamptz)
                            - greatest(
                                t.starts_at, :'hour_start'::timestamptz
                            )
                end as in_hour,
                case
                    when t.ends_at > :'day_start'::timestamptz
                        then
                            least(t.ends_at, :'as_of'::timestamptz)
                            - greatest(
                                t.starts_at, :'day_start'::timestamptz
                            )
                end as in_day,
                least(t.ends_at, :'as_of'::timestamptz)
                - greatest(t.starts_at, :'week_start'::timestamptz)
                    as in_week
            from timeline as t
            where
                t.store_id = s.store_id
                and t.ends_at > :'week_start'::timestamptz
                and t.starts_at < :'as_of'::timestamptz
        ) as p
    ) as f
where :'store_ids'::text[] is null or s.store_id = any(:'store_ids'::text[])
