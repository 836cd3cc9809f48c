-- Good hours or a good zone settle a store.
delete from unsettled as u
where
    exists (
        select from incoming_hours as h
        where u.missing = 'hours' and h.store_id = u.store_id
    )
    or exists (
        select from incoming_timezone as z
        where u.missing = 'timezone' and z.store_id = u.store_id
    )
