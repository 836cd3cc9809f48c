-- Rules 7 to 9: cut the timeline to the windows that end at as_of, and sum. Every
-- known store gets a row. Its figures are exact: nothing is rounded here. Each store is
-- looked up by the timeline's key, so periods older than a week cost nothing. The parts
-- of the figures that are excused come from the few stores that have any; those of all
-- others are null.
insert into report_row (
    store_id, report_id,
    up_hour, up_day, up_week,
    down_hour, down_day, down_week,
    unobserved_hour, unobserved_day, unobserved_week,
    excused_up_hour, excused_up_day, excused_up_week,
    excused_down_hour, excused_down_day, excused_down_week,
    excused_unobserved_hour, excused_unobserved_day, excused_unobserved_week
)
with

-- Stretches that overlap are one. What is older than a week does not count.
excuses as materialized (
    select
        e.store_id,
        range_agg(tstzrange(e.starts_at, e.ends_at))
        * tstzmultirange(
            tstzrange(:'week_start'::timestamptz, :'as_of'::timestamptz)
        ) as stretches
    from store_excused as e
    where
        e.ends_at > :'week_start'::timestamptz
        and e.starts_at < :'as_of'::timestamptz
        and (
            :'store_ids'::text[] is null
            or e.store_id = any(:'store_ids'::text[])
        )
    group by e.store_id
),

excused_pieces as (
    select
        p.store_id,
        p.is_up,
        upper(e.stretch)
        - greatest(lower(e.stretch), :'hour_start'::timestamptz) as in_hour,
        upper(e.stretch)
        - greatest(lower(e.stretch), :'day_start'::timestamptz) as in_day,
        upper(e.stretch) - lower(e.stretch) as in_week
    from (
        select
            x.store_id,
            x.stretches,
            t.is_up,
            t.starts_at,
            t.ends_at
        from excuses as x
        cross join
            lateral (
                select
                    p.is_up,
                    p.starts_at,
                    p.ends_at
                from timeline as p
                where
                    p.store_id = x.store_id
                    and p.ends_at > lower(x.stretches)
                    -- A period is at most a date long, so the key's range can end.
                    and p.ends_at < upper(x.stretches) + interval '2 days'
                    and p.starts_at < upper(x.stretches)
                offset 0  -- noqa: AM09
            ) as t
    ) as p
    cross join
        lateral unnest(
            p.stretches * tstzmultirange(tstzrange(p.starts_at, p.ends_at))
        ) as e (stretch)
),

excused as (
    select
        store_id,
        coalesce(
            sum(greatest(in_hour, '0')) filter (where is_up), '0'
        ) as up_hour,
        coalesce(
            sum(greatest(in_day, '0')) filter (where is_up), '0'
        ) as up_day,
        coalesce(
            sum(greatest(in_week, '0')) filter (where is_up), '0'
        ) as up_week,
        coalesce(
            sum(greatest(in_hour, '0')) filter (where not is_up), '0'
        ) as down_hour,
        coalesce(
            sum(greatest(in_day, '0')) filter (where not is_up), '0'
        ) as down_day,
        coalesce(
            sum(greatest(in_week, '0')) filter (where not is_up), '0'
        ) as down_week,
        coalesce(
            sum(greatest(in_hour, '0')) filter (where is_up is null), '0'
        ) as unobserved_hour,
        coalesce(
            sum(greatest(in_day, '0')) filter (where is_up is null), '0'
        ) as unobserved_day,
        coalesce(
            sum(greatest(in_week, '0')) filter (where is_up is null), '0'
        ) as unobserved_week
    from excused_pieces
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
    coalesce(f.unobserved_week, interval '0') as unobserved_week,
    x.up_hour as excused_up_hour,
    x.up_day as excused_up_day,
    x.up_week as excused_up_week,
    x.down_hour as excused_down_hour,
    x.down_day as excused_down_day,
    x.down_week as excused_down_week,
    x.unobserved_hour as excused_unobserved_hour,
    x.unobserved_day as excused_unobserved_day,
    x.unobserved_week as excused_unobserved_week
from store as s
left join excused as x on s.store_id = x.store_id
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
