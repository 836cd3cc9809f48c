-- Away with the rows of reports that are deleted.
delete from report_row
where report_id = any(:'report_ids'::uuid[])
