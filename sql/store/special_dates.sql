-- A store's special hours on the dates from since to until, in local time, midnight as
-- an end 24:00: a row a date with the list of its hours, none of them where it is
-- closed. Of the dates the first `most` after the one at `after`.
with

dates as (
    select
        date,
        starts,
        ends
    from special_hours
    where
        store_id = :'store_id'
        and date between :'since'::date and :'until'::date
        and date > coalesce(:'after'::date, '-infinity')
    order by date asc
    limit :'most'::integer
)

select
    d.date,
    coalesce(
        json_agg(
            json_build_object(
                'start_time_local', shift.starts::text,
                'end_time_local',
                case when shift.ends = '00:00' then '24:00:00' else shift.ends::text end
            )
            order by shift.starts asc, shift.ends asc
        ) filter (where shift.starts is not null), '[]'
    ) as hours
from dates as d
left join lateral unnest(d.starts, d.ends) as shift (starts, ends) on true
group by d.date
order by d.date asc
