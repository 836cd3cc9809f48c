-- The open alerts of stores that are down, each where its store is.
create temporary table open_alert on commit drop as
select
    a.store_id,
    a.alert_id,
    a.starts_at
from alert as a
inner join alert_rule as r on a.rule_id = r.rule_id
where a.closed_at is null and r.kind = 'down'
