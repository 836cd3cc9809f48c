-- The probes that are due at `now`, those with the oldest look first. Each store has an
-- instant of its own within the interval, so that not all are due at once. It depends
-- only on the store's id: the clock since 1970, moved by a hash of the id, is divided
-- into intervals, and a probe is due if it had no look since the last one began. A
-- probe that never had a look is due at once. With `store_ids`, these are due.
-- Optional: store_ids.
with

probes as (
    select
        p.*,
        p.interval_minutes * 60 as seconds,
        (hashtext(p.store_id)::bigint + 2147483648) % (p.interval_minutes * 60)
            as shift,
        extract(epoch from :'now'::timestamptz) as clock
    from probe as p
    where
        :'store_ids'::text[] is null
        or p.store_id = any(:'store_ids'::text[])
),

looks as (
    select
        p.*,
        l.looked_at
    from probes as p
    left join lateral (
        select r.looked_at
        from probe_result as r
        where r.store_id = p.store_id
        order by r.looked_at desc
        limit 1
    ) as l on true
)

select
    store_id,
    url,
    status_codes,
    text,
    not_text,
    json_path,
    json_value
from looks
where
    :'store_ids'::text[] is not null
    or looked_at is null
    or looked_at < to_timestamp(
        floor((clock - shift) / seconds) * seconds + shift
    )
order by looked_at asc nulls first, store_id asc
