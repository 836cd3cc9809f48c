-- Read each row of the hours file: its values, or the reason why it is invalid. One
-- invalid row rejects its store's whole week. An end at 24:00 is stored as 00:00,
-- which rule 3 treats as the same moment and which every client's time type can hold.
create unlogged table hours_row as
with

readings as (
    select
        f.ctid as position,
        coalesce(i.store_id, f.store_id) as store_id,
        i.reason as id_problem,
        case
            when btrim(f.day, :'white_space') in ('0', '1', '2', '3', '4', '5', '6')
                then btrim(f.day, :'white_space')::smallint
        end as weekday,
        nullif(opening.reading, '24:00') as starts,
        case when closing.reading = '24:00' then '00:00' else closing.reading end
            as ends
    from hours_file as f
    left join odd_id as i on coalesce(f.store_id, '') = i.written
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
            when weekday is null then 'day that is not 0 (Monday) to 6 (Sunday)'
            when starts is null then 'unreadable or impossible start_time_local'
            when ends is null then 'unreadable or impossible end_time_local'
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
