-- The times of the hours files. The files repeat few different times, so each is parsed
-- once. Null means that it is not a time of day. With AM or PM, the hour is 1 to 12.
create unlogged table time_reading as
with

written_times as (
    select start_time_local as written from hours_file
    union
    select end_time_local as written from hours_file
    union
    select start_time_local as written from special_file
    union
    select end_time_local as written from special_file
),

parts as (
    select
        written,
        btrim(written, :'white_space') as trimmed,
        regexp_match(
            btrim(written, :'white_space'),
            '^([0-9]{1,2}):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?( [AP]M)?$',
            'i'
        ) as hour_and_half
    from written_times
)

select
    written,
    case
        when
            hour_and_half is not null
            and (
                hour_and_half[2] is null
                or hour_and_half[1]::integer between 1 and 12
            )
            and pg_input_is_valid(trimmed, 'time')
            then trimmed::time
    end as reading
from parts
