-- Cut the periods of the range where excused time of the store begins and ends.
with

-- Stretches that overlap are one.
excuses as (
    select range_agg(tstzrange(starts_at, ends_at)) as stretches
    from store_excused
    where
        store_id = :'store_id'
        and ends_at > :'since'::timestamptz
        and starts_at < :'until'::timestamptz
),

touched as (
    delete from range_period as p
    using excuses as e
    where tstzrange(p.starts_at, p.ends_at) && e.stretches
    returning p.day, p.is_up, tstzrange(p.starts_at, p.ends_at) as period
)

insert into range_period (day, starts_at, ends_at, is_up, is_excused)
select
    t.day,
    lower(c.part) as starts_at,
    upper(c.part) as ends_at,
    t.is_up,
    c.is_excused
from touched as t
cross join excuses as e
cross join
    lateral (
        select
            unnest(tstzmultirange(t.period) * e.stretches) as part,
            true as is_excused
        union all
        select
            unnest(tstzmultirange(t.period) - e.stretches) as part,
            false as is_excused
    ) as c
