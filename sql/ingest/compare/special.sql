-- The special hours in the file, a row for each date of a store, compared with the
-- known hours of the same date. A closed date has empty starts and ends.
create unlogged table incoming_special as
with

file_rows as (
    select distinct
        store_id,
        date,
        starts,
        ends
    from special_row
    where reason is null
),

file_dates as (
    select
        store_id,
        date,
        count(*) as row_count,
        coalesce(
            array_agg(starts order by starts, ends) filter (where starts is not null),
            '{}'
        ) as starts,
        coalesce(
            array_agg(ends order by starts, ends) filter (where starts is not null),
            '{}'
        ) as ends
    from file_rows
    group by store_id, date
)

select
    d.store_id,
    d.date,
    d.row_count,
    d.starts,
    d.ends,
    x.store_id is not null as had_hours,
    coalesce(x.starts = d.starts and x.ends = d.ends, false) as is_known
from file_dates as d
left join special_hours as x on d.store_id = x.store_id and d.date = x.date
