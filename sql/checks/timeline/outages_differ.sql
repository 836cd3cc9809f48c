-- Rule 11: each run of down periods is one outage. A run ends where the next period of
-- its store is not down, or where an outage says that the session of an uncovered date
-- follows.
with

neighbours as (
    select
        t.*,
        lead(t.day) over in_order as next_day,
        lead(t.starts_at) over in_order as next_starts_at,
        lead(t.is_up) over in_order as next_is_up,
        o.ends_at as outage_ends_at,
        o.followed_at
    from timeline as t
    left join outage as o on t.store_id = o.store_id and t.ends_at = o.ends_at
    window in_order as (partition by t.store_id order by t.ends_at)
),

periods as (
    select
        *,
        next_is_up is null or next_is_up or outage_ends_at is not null as is_last,
        case
            when
                next_day <= day + 1 or followed_at is null
                then coalesce(next_starts_at, 'infinity')
            else least(followed_at, next_starts_at)
        end as expected_followed_at
    from neighbours
    where not is_up
),

numbered as (
    select
        *,
        count(*) filter (where is_last) over (
            partition by store_id order by ends_at desc
        ) as run
    from periods
),

runs as (
    select
        store_id,
        min(starts_at) as starts_at,
        max(ends_at) as ends_at,
        max(expected_followed_at) filter (where is_last) as followed_at,
        sum(ends_at - starts_at) as down,
        bool_or(is_last and not coalesce(next_is_up, true))
        filter (where next_day <= day + 1) as is_cut_in_two
    from numbered
    group by store_id, run
)

select
    r.store_id,
    o.store_id as outage_store_id,
    r.starts_at as run_starts_at,
    o.starts_at as outage_starts_at
from runs as r
full join outage as o
    on r.store_id = o.store_id and r.starts_at = o.starts_at
where
    (r.ends_at, r.followed_at, r.down)
    is distinct from (o.ends_at, o.followed_at, o.down)
    or r.is_cut_in_two
