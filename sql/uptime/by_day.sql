-- A store's business time in the range, and how much of it was up, down, unobserved and
-- excused, in seconds (rules 7 to 10). The first row is the total, with a null day.
-- Then comes each local date that the range touches, closed dates included.
with

days as (
    select d.day::date as day
    from store as s
    cross join
        generate_series(
            (:'since'::timestamptz at time zone s.zone)::date - 1,
            (:'until'::timestamptz at time zone s.zone)::date + 1,
            '1 day'
        ) as d (day)
    where
        s.store_id = :'store_id'
        and d.day::timestamp at time zone s.zone < :'until'::timestamptz
        and (d.day::timestamp + interval '1 day') at time zone s.zone
        > :'since'::timestamptz
),

sums as (
    select
        d.day,
        extract(epoch from coalesce(sum(p.ends_at - p.starts_at), '0')) as business,
        extract(
            epoch from
            coalesce(
                sum(p.ends_at - p.starts_at)
                filter (where p.is_up and not p.is_excused), '0'
            )
        ) as up,
        extract(
            epoch from
            coalesce(
                sum(p.ends_at - p.starts_at)
                filter (where not p.is_up and not p.is_excused), '0'
            )
        ) as down,
        extract(
            epoch from
            coalesce(sum(p.ends_at - p.starts_at) filter (where p.is_excused), '0')
        ) as excused
    from days as d
    left join range_period as p on d.day = p.day
    group by grouping sets ((), (d.day))
)

select
    day,
    business::float as business_seconds,
    up::float as up_seconds,
    down::float as down_seconds,
    (business - up - down - excused)::float as unobserved_seconds,
    excused::float as excused_seconds,
    round(100 * up / nullif(up + down, 0), 2)::float as uptime_percent
from sums
order by day asc nulls first
