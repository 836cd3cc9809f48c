-- The figures of a report's stores, rounded as in the output: minutes for the hour,
-- hours for the day and the week, two decimals, halves away from zero (rule 8). Uptime
-- is in percent of the observed time, null where nothing was observed (rule 10). One
-- page of at most `limit` rows, in the given order, after the row with the given key
-- and id. Conditions and order use the exact figures of one window, in seconds. A store
-- without an uptime comes last.
--
-- Excused time is also within the other figures. With exclude_excused it is in none of
-- them.
-- Optional: search, window, uptime_below, down_at_least, observed, order_by,
-- after_key, after_id, labels, limit.
with

-- The stores that have one of the wanted values of each wanted name. A store has one
-- value of each name, so it has as many matches as there are names.
labelled as not materialized (
    select l.store_id
    from store_label as l
    where
        (l.name, l.value) in (
            select
                split_part(w.label, ':', 1) as name,
                substr(w.label, strpos(w.label, ':') + 1) as value
            from unnest(:'labels'::text[]) as w (label)
        )
    group by l.store_id
    having
        count(*) = (
            select count(distinct split_part(w.label, ':', 1))
            from unnest(:'labels'::text[]) as w (label)
        )
),

asked as (
    select
        *,
        extract(epoch from case :'window'
            when 'hour' then up_hour
            when 'day' then up_day
            when 'week' then up_week
        end) as up,
        extract(epoch from case :'window'
            when 'hour' then down_hour
            when 'day' then down_day
            when 'week' then down_week
        end) as down,
        extract(epoch from case :'window'
            when 'hour' then unobserved_hour
            when 'day' then unobserved_day
            when 'week' then unobserved_week
        end) as unobserved
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
        and (
            :'search'::text is null
            or starts_with(store_id, :'search')
            or exists (
                select from store as s
                where
                    s.store_id = r.store_id
                    and strpos(lower(s.display_name), lower(:'search')) > 0
            )
        )
        and (
            :'labels'::text[] is null
            or exists (
                select from labelled as l
                where l.store_id = r.store_id
            )
        )
),

keyed as (
    select
        *,
        case :'order_by'
            when 'up' then up
            when '-up' then -up
            when 'down' then down
            when '-down' then -down
            when 'unobserved' then unobserved
            when '-unobserved' then -unobserved
            when 'uptime_percent'
                then coalesce(up / nullif(up + down, 0), 'Infinity')
            when '-uptime_percent'
                then coalesce(-up / nullif(up + down, 0), 'Infinity')
            else 0
        end as place
    from asked
    where
        (
            :'uptime_below'::numeric is null
            or 100 * up < :'uptime_below'::numeric * (up + down)
        )
        and (
            :'down_at_least'::numeric is null
            or down >= :'down_at_least'::numeric
            * case :'window' when 'hour' then 60 else 3600 end
        )
        and (
            :'observed'::boolean is null
            or (up + down > 0) = :'observed'::boolean
        )
),

page as (
    select *
    from keyed
    where
        :'after_id'::text is null
        or case
            when :'order_by' = '-store_id' then store_id < :'after_id'
            else (place, store_id) > (:'after_key'::numeric, :'after_id')
        end
    order by
        place asc,
        case when :'order_by' is distinct from '-store_id' then store_id end asc,
        store_id desc
    limit :'limit'::integer
)

select
    store_id,
    place::text as key,
    round(extract(epoch from up_hour) / 60, 2) as uptime_last_hour_minutes,
    round(extract(epoch from down_hour) / 60, 2) as downtime_last_hour_minutes,
    round(extract(epoch from unobserved_hour) / 60, 2)
        as unobserved_last_hour_minutes,
    round(extract(epoch from excused_hour) / 60, 2) as excused_last_hour_minutes,
    round(
        100 * extract(epoch from up_hour)
        / nullif(extract(epoch from up_hour + down_hour), 0), 2
    ) as uptime_last_hour_percent,
    round(extract(epoch from up_day) / 3600, 2) as uptime_last_day_hours,
    round(extract(epoch from down_day) / 3600, 2) as downtime_last_day_hours,
    round(extract(epoch from unobserved_day) / 3600, 2)
        as unobserved_last_day_hours,
    round(extract(epoch from excused_day) / 3600, 2) as excused_last_day_hours,
    round(
        100 * extract(epoch from up_day)
        / nullif(extract(epoch from up_day + down_day), 0), 2
    ) as uptime_last_day_percent,
    round(extract(epoch from up_week) / 3600, 2) as uptime_last_week_hours,
    round(extract(epoch from down_week) / 3600, 2) as downtime_last_week_hours,
    round(extract(epoch from unobserved_week) / 3600, 2)
        as unobserved_last_week_hours,
    round(extract(epoch from excused_week) / 3600, 2) as excused_last_week_hours,
    round(
        100 * extract(epoch from up_week)
        / nullif(extract(epoch from up_week + down_week), 0), 2
    ) as uptime_last_week_percent
from page
order by
    place asc,
    case when :'order_by' is distinct from '-store_id' then store_id end asc,
    store_id desc
