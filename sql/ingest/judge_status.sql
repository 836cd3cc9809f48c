-- The rows of the status file with the reason why one cannot be right.
create temporary view judged_status as
select
    position,
    store_id,
    observed_at,
    is_active,
    case
        when id_problem is not null then id_problem
        when is_active is null then 'status that is neither active nor inactive'
        when observed_at is null then 'unreadable or impossible timestamp'
        when
            observed_at < '1970-01-01T00:00:00Z'
            or observed_at >= '2101-01-01T00:00:00Z'
            then 'timestamp outside the years 1970 to 2100'
        when observed_at > :'now'::timestamptz + interval '24 hours'
            then 'timestamp more than a day in the future'
    end as reason
from status_row
