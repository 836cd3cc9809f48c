-- Away with the polls that can say nothing of the boundary's date or a later one: not
-- in its first session anywhere on earth, nor by rule 6 before that.
delete from poll as p
using store as s
where
    p.store_id = s.store_id
    and p.observed_at
    < (:'boundary'::date - 1)::timestamp at time zone 'UTC' - :'carry'::interval
