-- The UTC dates of the polls of the claimed marks, with the newest poll and the number
-- of polls or, for marks of one date, stores. Also the first and the last local date
-- that these polls can affect in any time zone, by rule 6 too.
--
-- A mark without a start covers all polls of its store, also those that no refresh has
-- processed yet. Those are not read that can only affect dates that are covered, or
-- asked for: whatever their number is, nothing follows from it.
create temporary table marked_date on commit drop as
with

covered as (
    select unnest(range_agg(daterange(day, day + 1))) as days
    from (
        select day from timeline_day
        union all
        select day from asked_day
    ) as known
),

-- Polls of a UTC date affect the date before at the earliest.
decided as (
    select
        range_agg(
            daterange(lower(days) + 1, upper(days) - :'lead_days'::integer)
        ) as dates
    from covered
    where lower(days) + 1 < upper(days) - :'lead_days'::integer
),

-- All other dates, whether there are polls or not.
undecided as (
    select
        coalesce(lower(o.dates)::timestamp at time zone 'UTC', '-infinity') as since,
        coalesce(upper(o.dates)::timestamp at time zone 'UTC', 'infinity') as until
    from decided as d
    cross join unnest('{(,)}'::datemultirange - coalesce(d.dates, '{}')) as o (dates)
),

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
    inner join store as s on m.store_id = s.store_id
    inner join undecided as u on s.last_seen_at >= u.since
    cross join
        lateral (
            select e.observed_at
            from poll as e
            where
                e.store_id = m.store_id
                and e.observed_at >= u.since
                and e.observed_at < u.until
            offset 0  -- noqa: AM09
        ) as p
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
