-- Away with the special hours of stores that are deleted.
delete from special_hours
where store_id = any(:'store_ids'::text[])
