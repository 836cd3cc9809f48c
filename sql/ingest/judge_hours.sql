-- Read each row of the hours file: what it says, or the reason why it cannot be
-- right. One bad row leaves its store's whole week aside. An end at 24:00 is kept
-- as 00:00, which by rule 3 is the same moment and fits every client's time type.
create temporary table hours_row on commit drop as
with

time_shapes as (
    select '00:00' || seconds as shape
    from (
        values
        (''), (':00'), (':00.0'), (':00.00'), (':00.000'), (':00.0000'),
        (':00.00000'), (':00.000000')
    ) as ends_of_a_time (seconds)
),

fields as (
    select
        ctid as position,
        coalesce(btrim(store_id, E' \t\n\r\f\v'), '') as store_id,
        btrim(day, E' \t\n\r\f\v') as day,
        btrim(start_time_local, E' \t\n\r\f\v') as starts,
        btrim(end_time_local, E' \t\n\r\f\v') as ends
    from hours_file
),

-- `offset 0` keeps each field from being read more than once.
readings as (
    select
        f.position,
        f.store_id,
        case when f.day ~ '^[0-6]$' then f.day::smallint end as weekday,
        case
            when
                opening.shape is not null
                and substr(f.starts, 1, 2) < '24'
                and substr(f.starts, 7, 2) < '60'
                and pg_input_is_valid(f.starts, 'time')
                then f.starts::time
        end as starts,
        case
            when
                closing.shape is not null
                and substr(f.ends, 7, 2) < '60'
                and pg_input_is_valid(f.ends, 'time')
                then f.ends::time
        end as ends
    from fields as f
    left join time_shapes as opening
        on translate(f.starts, '123456789', '000000000') = opening.shape
    left join time_shapes as closing
        on translate(f.ends, '123456789', '000000000') = closing.shape
    offset 0  -- noqa: AM09
),

judged as (
    select
        r.position,
        r.store_id,
        r.weekday,
        r.starts,
        case when r.ends = '24:00' then '00:00' else r.ends end as ends,
        case
            when b.reason is not null then b.reason
            when r.weekday is null then 'day that is not 0 (Monday) to 6 (Sunday)'
            when r.starts is null then 'unreadable or impossible start_time_local'
            when r.ends is null then 'unreadable or impossible end_time_local'
        end as reason
    from readings as r
    left join bad_id as b on r.store_id = b.store_id
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
