-- Mark all known stores, or the given ones. The next refresh then computes their
-- timeline again: all of it, or from a date on.
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
