-- The dates that the timeline must cover for single stores: those that their claimed
-- polls can affect, in any time zone, and that it does not cover for all stores. No
-- date is before the kept history.
create temporary table own_day on commit drop as
with

spoken as (
    select
        m.store_id,
        (m.since at time zone 'UTC')::date as first_date,
        ((m.until + :'carry'::interval) at time zone 'UTC')::date as last_date
    from timeline_mark as m
    inner join rare_date as r on (m.since at time zone 'UTC')::date = r.date
    where m.batch = any(:'batches'::uuid[]) and m.until < 'infinity'
    union all
    select
        p.store_id,
        r.date as first_date,
        ((max(p.observed_at) + :'carry'::interval) at time zone 'UTC')::date
            as last_date
    from timeline_mark as m
    inner join poll as p on m.store_id = p.store_id
    inner join rare_date as r on (p.observed_at at time zone 'UTC')::date = r.date
    where
        m.batch = any(:'batches'::uuid[])
        and m.since = '-infinity'
        -- Mostly there is none, and then no poll is read.
        and exists (select from rare_date)
    group by p.store_id, r.date
),

wanted as (
    select distinct
        s.store_id,
        s.first_date - 1 + n as day
    from spoken as s
    cross join generate_series(0, s.last_date - s.first_date + 2) as n
)

select
    w.store_id,
    w.day
from wanted as w
inner join store as s on w.store_id = s.store_id
where
    (:'history_from'::date is null or w.day >= :'history_from'::date)
    and not exists (
        select from timeline_day as c
        where c.day = w.day
    )
    and not exists (
        select from timeline_store_day as c
        where c.store_id = w.store_id and c.day = w.day
    )
