-- Rules 4 and 5: a poll inside a session has the status of the period it lies in.
select
    s.store_id,
    p.observed_at,
    p.is_active,
    t.is_up
from work_session as s
inner join poll as p
    on
        s.store_id = p.store_id
        and s.opens_at <= p.observed_at
        and s.closes_at > p.observed_at
left join timeline as t
    on
        p.store_id = t.store_id
        and p.observed_at >= t.starts_at
        and p.observed_at < t.ends_at
where s.is_due and t.is_up is distinct from p.is_active
