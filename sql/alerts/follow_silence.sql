-- An open alert of a store that was not polled is closed by its next poll, or if the
-- store was deleted. One of all stores is closed by the next poll of any.
update alert as a
set
    closed_at = :'now'::timestamptz,
    ended_at = coalesce(f.polled_at, :'now'::timestamptz),
    ended_as = 'polled'
from (
    select
        b.alert_id,
        b.starts_at,
        case
            when r.kind = 'all_silent' then :'as_of'::timestamptz else s.last_seen_at
        end as polled_at
    from alert as b
    inner join alert_rule as r on b.rule_id = r.rule_id
    left join store as s on b.store_id = s.store_id
    where b.closed_at is null and r.kind in ('silent', 'all_silent')
) as f
where
    a.alert_id = f.alert_id
    and (f.polled_at is null or f.polled_at > f.starts_at)
