-- The UTC dates of the polls of the claimed marks, from the first to the last poll of a
-- mark, with the newest poll and the number of polls or, for marks of one date, stores.
-- A mark without a start covers all polls of its store, also those that no refresh has
-- processed yet.
create temporary table marked_date on commit drop as
select
    (since at time zone 'UTC')::date as first_date,
    (until at time zone 'UTC')::date as last_date,
    max(until) as newest_poll_at,
    count(*) as polls
from timeline_mark
where batch = any(:'batches'::uuid[]) and until < 'infinity'
group by (since at time zone 'UTC')::date, (until at time zone 'UTC')::date
union all
select
    (p.observed_at at time zone 'UTC')::date as first_date,
    (p.observed_at at time zone 'UTC')::date as last_date,
    max(p.observed_at) as newest_poll_at,
    count(*) as polls
from timeline_mark as m
inner join poll as p on m.store_id = p.store_id
where
    m.batch = any(:'batches'::uuid[])
    and m.since = '-infinity'
group by (p.observed_at at time zone 'UTC')::date
