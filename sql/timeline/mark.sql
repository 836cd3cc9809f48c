-- Mark stores, all known ones or the given ones, so that the next refresh makes their
-- timeline anew: all of it, or what begins on a date or later.
-- Optional: store_ids, since_date.
insert into timeline_mark (store_id, batch, since, until, says_up)
select
    store_id,
    :'batch'::uuid as batch,
    coalesce(:'since_date'::date::timestamp at time zone 'UTC', '-infinity') as since,
    'infinity'::timestamptz as until,
    null::boolean as says_up
from store
where :'store_ids'::text[] is null or store_id = any(:'store_ids'::text[])
