-- How many stores of a report had which uptime in one window: by the number of the last
-- edge, in percent, that their uptime reaches, and 0 where nothing was observed. With
-- exclude_excused, excused time is left out.
with

figures as (
    select
        extract(epoch from case :'window'
            when 'hour' then up_hour
            when 'day' then up_day
            when 'week' then up_week
        end) as up,
        extract(epoch from case :'window'
            when 'hour' then down_hour
            when 'day' then down_day
            when 'week' then down_week
        end) as down
    from report_figure as r
    where
        report_id = :'report_id'::uuid
        and without_excused = :'exclude_excused'::boolean
        and (
            :'viewer'::integer is null
            or exists (
                select 1
                from visible_store as v
                where v.user_id = :'viewer'::integer and v.store_id = r.store_id
            )
            or exists (
                select 1
                from granted_store as g
                where g.user_id = :'viewer'::integer and g.store_id = r.store_id
            )
        )
)

select
    coalesce(
        width_bucket(100 * up / nullif(up + down, 0), :'edges'::numeric[]), 0
    ) as place,
    count(*) as stores
from figures
group by place
order by place
