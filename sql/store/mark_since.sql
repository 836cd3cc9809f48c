-- Special hours of a date reach no earlier session; see ingest/mark_changed_dates.
insert into timeline_mark (store_id, batch, since, until, says_up)
select
    store_id,
    :'batch'::uuid as batch,
    :'date'::timestamp at time zone 'UTC' as since,
    'infinity'::timestamptz as until,
    null::boolean as says_up
from store
where store_id = :'store_id'
