-- The changes of probes, for the audit log. The driver reads json, but not jsonb.
select
    store_id,
    before::json as before,
    after::json as after
from probe_change
order by store_id
