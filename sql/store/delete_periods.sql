-- Away with the periods of stores that are deleted.
delete from timeline
where store_id = any(:'store_ids'::text[])
