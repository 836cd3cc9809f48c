-- The invalid rows of the status file, and why. They are searched only if fewer polls
-- came out of the file than it has rows.
create unlogged table status_reject as
with

-- `offset 0` keeps the planner from parsing a timestamp again for each comparison.
readings as (
    select *
    from status_reading
    offset 0  -- noqa: AM09
),

judged as (
    select
        position,
        case
            when id_problem is not null then id_problem
            when is_active is null then 'status that is neither active nor inactive'
            when observed_at is null
                then
                    'timestamp that does not exist or is not like '
                    || '2023-01-24 09:00:00 UTC'
            when
                observed_at < '1970-01-01T00:00:00Z'
                or observed_at >= '2101-01-01T00:00:00Z'
                then 'timestamp outside the years 1970 to 2100'
            when observed_at > :'now'::timestamptz + interval '24 hours'
                then 'timestamp more than a day in the future'
        end as reason
    from readings
)

select
    position,
    reason
from judged
where
    reason is not null
    and :'rows_are_missing'::boolean
