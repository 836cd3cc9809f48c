-- The claimed marks are answered.
delete from timeline_mark
where batch = any(:'batches'::uuid[])
