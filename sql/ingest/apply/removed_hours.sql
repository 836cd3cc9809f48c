-- A file of hours replaces the whole week of each store that it names.
delete from business_hours as b
where
    exists (
        select from incoming_hours as i
        where i.store_id = b.store_id
    )
    and not exists (
        select from incoming_hours as i
        where
            i.store_id = b.store_id
            and i.weekday = b.weekday
            and i.starts = b.starts
            and i.ends = b.ends
    )
