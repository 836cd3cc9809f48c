-- An alert of the uptime of a date is closed a day after the date's end, when the next
-- date ends too.
update alert
set
    closed_at = :'now'::timestamptz,
    ended_as = 'next_day'
where
    day is not null
    and closed_at is null
    and ended_at <= :'now'::timestamptz - interval '1 day'
