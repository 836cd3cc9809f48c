-- Stretches of excused time, the last start first: those of the given id or label,
-- those that hold for a store, and those that touch the time from since to until. Who
-- sees a store sees what holds for it. At most `limit` rows, after the row with the
-- given start and id.
-- Optional: excused_id, store_id, label, since, until, after_starts_at, after_id,
-- limit.
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
        or exists (
            select from store_excused as x
            where x.excused_id = e.excused_id and x.store_id = :'store_id'::text
        )
    )
    and (
        :'viewer'::integer is null
        or exists (
            select from visible_store as v
            inner join store_excused as x on v.store_id = x.store_id
            where v.user_id = :'viewer'::integer and x.excused_id = e.excused_id
        )
    )
    and (
        :'after_id'::uuid is null
        or (e.starts_at, e.excused_id)
        < (:'after_starts_at'::timestamptz, :'after_id'::uuid)
    )
order by e.starts_at desc, e.excused_id desc
limit :'limit'::integer
