-- Dates that are so far after all polls that they can only be unobserved, and after the
-- moment asked for: only a report of the future needed them.
delete from timeline_day
where
    day
    > (
        greatest(
            :'newest_poll_at'::timestamptz + :'carry'::interval,
            :'as_of'::timestamptz
        ) at time zone 'UTC'
    )::date + 2
