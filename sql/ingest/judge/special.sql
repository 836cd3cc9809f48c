-- Read each row of the file of special hours: its values, or the reason why it is
-- invalid. If both times are empty, the date is closed. One invalid row sets its
-- store's whole date aside. An end at 24:00 is stored as in ingest/judge/hours.
create unlogged table special_row as
with

fields as (
    select
        ctid as position,
        store_id,
        btrim(date, :'white_space') as trimmed_date,
        start_time_local,
        end_time_local,
        btrim(concat(start_time_local, end_time_local), :'white_space') = ''
            as is_closed
    from special_file
),

readings as (
    select
        f.position,
        coalesce(i.store_id, f.store_id) as store_id,
        i.reason as id_problem,
        case
            when
                translate(f.trimmed_date, '123456789', '000000000') = '0000-00-00'
                and pg_input_is_valid(f.trimmed_date, 'date')
                then f.trimmed_date::date
        end as date,
        f.is_closed,
        nullif(opening.reading, '24:00') as starts,
        case when closing.reading = '24:00' then '00:00' else closing.reading end
            as ends
    from fields as f
    left join odd_id as i on coalesce(f.store_id, '') = i.written
    left join time_reading as opening on f.start_time_local = opening.written
    left join time_reading as closing on f.end_time_local = closing.written
),

judged as (
    select
        position,
        store_id,
        date,
        is_closed,
        starts,
        ends,
        case
            when id_problem is not null then id_problem
            when date is null
                then 'date that does not exist or is not like 2023-01-24'
            when date < '1970-01-01' or date >= '2101-01-01'
                then 'date outside the years 1970 to 2100'
            when is_closed then null
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
    date,
    starts,
    ends,
    case
        when reason is not null then reason
        when bool_or(reason is not null) over one_date
            then 'another row of this store''s date is invalid'
        when bool_or(is_closed) over one_date and not bool_and(is_closed) over one_date
            then 'date that is both closed and open'
    end as reason
from judged
window one_date as (partition by store_id, date)
