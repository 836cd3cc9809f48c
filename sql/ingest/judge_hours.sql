-- Read each row of the hours file: what it says, or the reason why it cannot be
-- right. One bad row leaves its store's whole week aside. An end at 24:00 is kept
-- as 00:00, which by rule 3 is the same moment and fits every client's time type.
create unlogged table hours_row as
with

time_shapes as (
    select '00:00' || seconds as shape
    from (
        values
        (''), (':00'), (':00.0'), (':00.00'), (':00.000'), (':00.0000'),
        (':00.00000'), (':00.000000')
    ) as ends_of_a_time (seconds)
),

-- A week is written in few different times; each is read once.
written_times as (
    select start_time_local as written from hours_file
    union
    select end_time_local as written from hours_file
),

trimmed_times as (
    select
        written,
        btrim(written, E' \t\n\r\f\v') as trimmed
    from written_times
),

times as (
    select
        written,
        case
            when
                translate(trimmed, '123456789', '000000000')
                in (select s.shape from time_shapes as s)
                and substr(trimmed, 7, 2) < '60'
                and pg_input_is_valid(trimmed, 'time')
                then trimmed::time
        end as reading
    from trimmed_times
),

readings as (
    select
        f.ctid as position,
        coalesce(i.store_id, f.store_id) as store_id,
        i.reason as id_problem,
        case
            when btrim(f.day, E' \t\n\r\f\v') in ('0', '1', '2', '3', '4', '5', '6')
                then btrim(f.day, E' \t\n\r\f\v')::smallint
        end as weekday,
        nullif(opening.reading, '24:00') as starts,
        case when closing.reading = '24:00' then '00:00' else closing.reading end
            as ends
    from hours_file as f
    left join odd_id as i on coalesce(f.store_id, '') = i.written
    left join times as opening on f.start_time_local = opening.written
    left join times as closing on f.end_time_local = closing.written
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
            then 'another row of this store''s week cannot be right'
    end as reason
from judged
