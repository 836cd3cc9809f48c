-- The dates that ended until as_of were looked at. They are not looked at again, also
-- if other polls of them come.
update alert_rule
set judged_until = greatest(judged_until, :'as_of'::timestamptz)
where kind = 'uptime'
