-- Away with the polls of stores that are deleted.
delete from poll
where store_id = any(:'store_ids'::text[])
