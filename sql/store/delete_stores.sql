-- Away with stores; all that hangs on them has gone before.
delete from store
where store_id = any(:'store_ids'::text[])
