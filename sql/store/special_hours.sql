-- A store's special dates as people write them, as in store/week: the last ones before
-- a date, no more than asked for; all where neither is given.
with

dates as (
    select
        date,
        starts,
        ends
    from special_hours
    where
        store_id = :'store_id'
        and (:'before'::date is null or date < :'before'::date)
    order by date desc
    limit :'most'::bigint
),

shifts as (
    select
        d.date,
        shift.starts,
        shift.ends,
        regexp_replace(shift.starts::text, '^(\d\d:\d\d):00$', '\1') as opening,
        case
            when shift.ends = '00:00' then '24:00'
            else regexp_replace(shift.ends::text, '^(\d\d:\d\d):00$', '\1')
        end as closing
    from dates as d
    left join lateral unnest(d.starts, d.ends) as shift (starts, ends) on true
)

select
    date,
    coalesce(
        string_agg(opening || '-' || closing, ', ' order by starts, ends), 'closed'
    ) as shifts
from shifts
group by date
order by date
