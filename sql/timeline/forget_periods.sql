-- Delete the periods of the dates that were forgotten.
delete from timeline as t
using
    store as s,
    (
        select
            (
                greatest(
                    :'newest_poll_at'::timestamptz + :'carry'::interval,
                    :'as_of'::timestamptz
                ) at time zone 'UTC'
            )::date + 2 as last_day
    ) as kept
where
    t.store_id = s.store_id
    and t.ends_at > kept.last_day::timestamp at time zone 'UTC'
    and t.day > kept.last_day
