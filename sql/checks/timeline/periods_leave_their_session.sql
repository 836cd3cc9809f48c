-- Each period lies in one session of its date.
select
    t.store_id,
    t.day,
    t.starts_at,
    t.ends_at
from timeline as t
where
    not exists (
        select from work_session as s
        where
            s.store_id = t.store_id
            and s.day = t.day
            and s.opens_at <= t.starts_at
            and s.closes_at >= t.ends_at
    )
