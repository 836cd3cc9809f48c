-- The polls of a round, as the file of polls that the ingest reads: one of each result
-- that says something about its store, with its reason. To a poll, all faults of the
-- network are one: it has no connection. A store that was deleted in the meantime stays
-- deleted.
select
    r.store_id,
    case when r.is_active then 'active' else 'inactive' end as status,
    to_char(r.looked_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
    || ' UTC' as timestamp_utc,
    case
        when r.reason = any(:'of_the_network'::text[]) then 'connection'
        else r.reason
    end as reason
from probe_result as r
inner join store as s on r.store_id = s.store_id
where r.round_id = :'round_id'::uuid and r.is_active is not null
