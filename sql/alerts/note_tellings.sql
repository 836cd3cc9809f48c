-- The messages of these alerts are written: none is told twice.
update alert as a
set
    told_at = case when t.event = 'opened' then :'now'::timestamptz else a.told_at end,
    reminded_at = case
        when t.event = 'reminder' then :'now'::timestamptz else a.reminded_at
    end,
    end_told_at = case
        when t.event = 'ended' then :'now'::timestamptz else a.end_told_at
    end
from telling as t
where a.alert_id = t.alert_id
