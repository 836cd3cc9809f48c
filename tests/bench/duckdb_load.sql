-- The three CSV files as tables in memory, as fast as DuckDB reads them.
--
-- Before it, for each of the files: set variable status_file = '...';
-- and so hours_file and zones_file. The files are well formed: nothing is refused.

set timezone = 'UTC';

-- A cast to timestamptz understands every offset and costs twice as much as one to
-- timestamp, which drops the offset: right for UTC, the form of nearly every row.
create or replace table poll as
select
    trim(store_id) as store_id,
    case
        when ends_with(timestamp_utc, ' UTC') then timestamp_utc::timestamp
        else timestamp_utc::timestamptz::timestamp
    end as observed_at,
    trim(status) = 'active' as is_active
from read_csv(
    getvariable('status_file'),
    header = true, delim = ',', quote = '"', escape = '"', all_varchar = true
);

-- Of two polls of a store at one instant the later row wins. Few instants have two
-- polls, even of different stores: one narrow aggregate finds them.
delete from poll
using (
    select store_id, observed_at, max(rowid) as last_row
    from poll
    semi join (
        select observed_at from poll group by observed_at having count(*) > 1
    ) as shared_instant using (observed_at)
    group by store_id, observed_at
    having count(*) > 1
) as repeated
where poll.store_id = repeated.store_id
    and poll.observed_at = repeated.observed_at
    and poll.rowid < repeated.last_row;

create or replace table business_hours as
select
    trim(store_id) as store_id,
    columns('^day(OfWeek)?$')::tinyint as weekday,
    start_time_local::time as starts_at,
    end_time_local::time as ends_at
from read_csv(
    getvariable('hours_file'),
    header = true, delim = ',', quote = '"', escape = '"', all_varchar = true
);

-- Of two zone rows of a store the later wins.
create or replace table timezones as
select store_id, last(timezone_str order by file_row) as timezone_str
from (
    select
        trim(store_id) as store_id,
        trim(timezone_str) as timezone_str,
        row_number() over () as file_row
    from read_csv(
        getvariable('zones_file'),
        header = true, delim = ',', quote = '"', escape = '"', all_varchar = true
    )
)
group by store_id;
