-- The status of a store at as_of, and since when it is so: closed since the last close,
-- up or down since the last period of another status, across closed hours (as rule 11
-- has outages). It reads the table range_period of the time from since to as_of.
-- `is_longer` says that the status is older. `first_polled_at` is the oldest kept poll.
with

-- A period that begins at as_of is not in the table.
now_periods as (
    select
        t.starts_at,
        t.is_up
    from timeline as t
    where t.store_id = :'store_id' and t.ends_at > :'as_of'::timestamptz
    order by t.ends_at asc
    limit 1
),

present as (
    select
        starts_at,
        is_up
    from now_periods
    where starts_at <= :'as_of'::timestamptz
),

changes as (
    select max(r.ends_at) as changed_at
    from range_period as r
    where
        not exists (
            select 1
            from present as n
            where n.is_up is not distinct from r.is_up
        )
),

runs as (
    select min(r.starts_at) as starts_at
    from range_period as r
    cross join changes as c
    where r.starts_at >= coalesce(c.changed_at, '-infinity')
)

select
    case
        when not exists (select 1 from present) then 'closed'
        when (select n.is_up from present as n) then 'up'
        when not (select n.is_up from present as n) then 'down'
        else 'unobserved'
    end as status,
    case
        when not exists (select 1 from present) then c.changed_at
        else coalesce(r.starts_at, (select n.starts_at from present as n))
    end as since,
    c.changed_at is null as is_longer,
    :'since'::timestamptz as read_from,
    (
        select min(p.observed_at)
        from poll as p
        where p.store_id = :'store_id'
    ) as first_polled_at
from changes as c
cross join runs as r
