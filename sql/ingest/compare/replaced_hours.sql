-- The known hours that the file replaces: rows that the new week of their store lacks.
create unlogged table replaced_hours as
select
    b.store_id,
    b.weekday,
    b.starts,
    b.ends
from business_hours as b
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
