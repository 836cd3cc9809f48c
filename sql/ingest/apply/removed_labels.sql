-- A file of labels replaces all labels of each store that it names.
delete from store_label as l
where
    exists (
        select from incoming_label as i
        where i.store_id = l.store_id
    )
    and not exists (
        select from incoming_label as i
        where i.store_id = l.store_id and i.name = l.name
    )
