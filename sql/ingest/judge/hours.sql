-- Read each row of the hours file: its values, or the reason why it is invalid. One
-- invalid row rejects its store's whole week. An end at 24:00 is stored as 00:00,
-- which rule 3 treats as the same moment and which every client's time type can hold.
create unlogged table hours_row as
with

weekdays as (
    select *
    from (
        values
        (0, 'monday'), (1, 'tuesday'), (2, 'wednesday'), (3, 'thursday'),
        (4, 'friday'), (5, 'saturday'), (6, 'sunday')
    ) as w (weekday, name)
),

day_forms as (
    select
        w.weekday::smallint as weekday,
        f.form
    from weekdays as w
    cross join lateral (
        values (w.weekday::text), (w.weekday || '.0'), (w.name), (left(w.name, 3))
    ) as f (form)
),

fields as (
    select
        ctid as position,
        store_id,
        lower(btrim(day, :'white_space') collate "C") as day_form,
        start_time_local,
        end_time_local
    from hours_file
),

readings as (
    select
        f.position,
        coalesce(i.store_id, f.store_id) as store_id,
        i.reason as id_problem,
        d.weekday,
        nullif(opening.reading, '24:00') as starts,
        case when closing.reading = '24:00' then '00:00' else closing.reading end
            as ends
    from fields as f
    left join odd_id as i on coalesce(f.store_id, '') = i.written
    left join day_forms as d on f.day_form = d.form
    left join time_reading as opening on f.start_time_local = opening.written
    left join time_reading as closing on f.end_time_local = closing.written
),

judged as (
    select
        position,
        store_id,
        weekday,
        starts,
        ends,
        case
            when id_problem is not null then id_problem
            when weekday is null
                then 'day that is not 0 (Monday) to 6 (Sunday) or an English name'
            when starts is null
                then 'start_time_local that is not a time of day like 09:30'
            when ends is null
                then 'end_time_local that is not a time of day like 17:30 or 24:00'
        end as reason
    from readings
)

select
    position,
    store_id,
    weekday,
    starts,
    ends,
    case
        when reason is not null then reason
        when bool_or(reason is not null) over (partition by store_id)
            then 'another row of this store''s week is invalid'
    end as reason
from judged
