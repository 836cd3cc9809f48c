-- The special hours that the file brings, a row for each date of a store, beside what
-- is known of the same date. Where it is closed it has no starts and no ends.
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
