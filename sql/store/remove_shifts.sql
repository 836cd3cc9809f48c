-- What a store's week had and the new one has not.
delete from business_hours as b
where
    b.store_id = :'store_id'
    and not exists (
        select from
            unnest(
                :'weekdays'::smallint[], :'starts'::time[], :'ends'::time[]
            ) as w (weekday, starts, ends)
        where
            w.weekday = b.weekday and w.starts = b.starts and w.ends = b.ends
    )
