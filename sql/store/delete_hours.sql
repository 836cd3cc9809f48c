-- Away with the hours of stores that are deleted.
delete from business_hours
where store_id = any(:'store_ids'::text[])
