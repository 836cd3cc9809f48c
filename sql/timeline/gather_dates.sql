-- The UTC dates of the polls of the claimed marks, with the newest poll and the number
-- of polls or, for marks of one date, stores. Also the first and the last local date
-- that these polls can affect in any time zone, by rule 6 too. A mark without a start
-- covers all polls of its store, also those that no refresh has processed yet.
create temporary table marked_date on commit drop as
with

dates as (
    select
        (since at time zone 'UTC')::date as date,
        max(until) as newest_poll_at,
        count(*) as polls
    from timeline_mark
    where batch = any(:'batches'::uuid[]) and until < 'infinity'
    group by (since at time zone 'UTC')::date
    union all
    select
        (p.observed_at at time zone 'UTC')::date as date,
        max(p.observed_at) as newest_poll_at,
        count(*) as polls
    from timeline_mark as m
    inner join poll as p on m.store_id = p.store_id
    where
        m.batch = any(:'batches'::uuid[])
        and m.since = '-infinity'
    group by (p.observed_at at time zone 'UTC')::date
)

select
    date,
    newest_poll_at,
    polls,
    date - 1 as first_day,
    ((newest_poll_at + :'carry'::interval) at time zone 'UTC')::date + 1 as last_day
from dates
