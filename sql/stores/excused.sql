-- Stretches of excused time, the last start first: those of the given id or label,
-- those that hold for a store, and those that touch the time from since to until. Who
-- sees a store sees what holds for it. At most `limit` rows, after the row with the
-- given start and id.
-- Optional: excused_id, store_id, label, since, until, after_starts_at, after_id,
-- limit.
with

of_store as materialized (
    select excused_id
    from store_excused
    where store_id = :'store_id'::text
),

-- A cluster plans this even without a viewer, but not with null. Nobody has the id 0.
of_viewer as materialized (
    select x.excused_id
    from store_excused as x
    where
        exists (
            select 1
            from visible_store as v
            where
                v.user_id = coalesce(:'viewer'::integer, 0)
                and v.store_id = x.store_id
        )
    group by x.excused_id
)

select
    e.excused_id,
    e.store_id,
    e.label,
    e.starts_at,
    e.ends_at,
    e.reason,
    e.username,
    e.created_at
from excused_time as e
where
    (:'excused_id'::uuid is null or e.excused_id = :'excused_id'::uuid)
    and (:'label'::text is null or e.label = :'label'::text)
    and (:'since'::timestamptz is null or e.ends_at > :'since'::timestamptz)
    and (:'until'::timestamptz is null or e.starts_at < :'until'::timestamptz)
    and (
        :'store_id'::text is null
        or e.excused_id in (select s.excused_id from of_store as s)
    )
    and (
        :'viewer'::integer is null
        or e.excused_id in (select v.excused_id from of_viewer as v)
    )
    and (
        :'after_id'::uuid is null
        or (e.starts_at, e.excused_id)
        < (:'after_starts_at'::timestamptz, :'after_id'::uuid)
    )
order by e.starts_at desc, e.excused_id desc
limit :'limit'::integer
