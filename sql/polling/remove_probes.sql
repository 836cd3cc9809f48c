-- Remove the probes of the stores for which a file has no address.
delete from probe as p
using probe_change as c
where p.store_id = c.store_id and c.after is null
