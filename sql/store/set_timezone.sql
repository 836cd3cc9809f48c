-- Change the zone of a store; one that it has already is no change.
update store
set timezone = :'timezone'
where store_id = :'store_id' and timezone is distinct from :'timezone'
