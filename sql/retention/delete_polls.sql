-- Delete the polls that cannot affect the boundary's date or a later one in any time
-- zone: they are before its first session and, by rule 6, too old to be carried to it.
delete from poll as p
using store as s
where
    p.store_id = s.store_id
    and p.observed_at
    < (:'boundary'::date - 1)::timestamp at time zone 'UTC' - :'carry'::interval
