-- Away with the marks of stores that are deleted.
delete from timeline_mark
where store_id = any(:'store_ids'::text[])
