-- The times of the hours files. The files repeat few different times, so each is parsed
-- once. Null means that it is not a time of day.
create unlogged table time_reading as
with

time_shapes as (
    select '00:00' || seconds as shape
    from (
        values
        (''), (':00'), (':00.0'), (':00.00'), (':00.000'), (':00.0000'),
        (':00.00000'), (':00.000000')
    ) as ends_of_a_time (seconds)
),

written_times as (
    select start_time_local as written from hours_file
    union
    select end_time_local as written from hours_file
    union
    select start_time_local as written from special_file
    union
    select end_time_local as written from special_file
),

trimmed_times as (
    select
        written,
        btrim(written, :'white_space') as trimmed
    from written_times
)

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
