-- The stores with their status at as_of: closed outside business hours, unobserved
-- without polls. One page of at most `limit` rows, in the given order, after the row
-- with the given key and id.
-- Optional: store_id, search, timezone, status, seen_since, not_seen_since, after_key,
-- after_id, labels, limit.
with

-- The stores that have one of the wanted values of each wanted name. A store has one
-- value of each name, so it has as many matches as there are names.
labelled as not materialized (
    select l.store_id
    from store_label as l
    where
        (l.name, l.value) in (
            select
                split_part(w.label, ':', 1) as name,
                substr(w.label, strpos(w.label, ':') + 1) as value
            from unnest(:'labels'::text[]) as w (label)
        )
    group by l.store_id
    having
        count(*) = (
            select count(distinct split_part(w.label, ':', 1))
            from unnest(:'labels'::text[]) as w (label)
        )
),

-- The status is looked up by the key. Only the stores of the page are looked up, unless
-- a condition needs the status of all.
places as (
    select
        s.store_id,
        s.display_name,
        s.timezone,
        s.last_seen_at,
        coalesce(
            (
                select
                    case
                        when n.is_up then 'up'
                        when not n.is_up then 'down'
                        else 'unobserved'
                    end
                from (
                    select
                        t.starts_at,
                        t.is_up
                    from timeline as t
                    where
                        t.store_id = s.store_id
                        and t.ends_at > :'as_of'::timestamptz
                    order by t.ends_at asc
                    limit 1
                ) as n
                where n.starts_at <= :'as_of'::timestamptz
            ), 'closed'
        ) as status
    from store as s
    where
        (
            :'viewer'::integer is null
            or exists (
                select 1
                from visible_store as v
                where v.user_id = :'viewer'::integer and v.store_id = s.store_id
                offset 0  -- noqa: AM09
            )
        )
        and (:'store_id'::text is null or s.store_id = :'store_id')
        and (
            :'search'::text is null
            or starts_with(s.store_id, :'search')
            or strpos(lower(s.display_name), lower(:'search')) > 0
        )
        and coalesce(:'timezone', '') in ('', s.zone)
        and (
            :'labels'::text[] is null
            or s.store_id in (select l.store_id from labelled as l)
        )
),

keyed as (
    select
        *,
        (case :'order_by'
            when 'store_id' then store_id
            when 'display_name' then display_name
            when 'last_seen_at'
                then coalesce((last_seen_at at time zone 'UTC')::text, '')
        end) collate "C" as key
    from places
    where
        coalesce(:'status', '') in ('', status)
        and (
            :'seen_since'::timestamptz is null
            or last_seen_at >= :'seen_since'::timestamptz
        )
        and (
            :'not_seen_since'::timestamptz is null
            or last_seen_at is null
            or last_seen_at < :'not_seen_since'::timestamptz
        )
)

select
    store_id,
    display_name,
    timezone,
    case when :'as_of'::timestamptz is not null then status end as status,
    last_seen_at,
    array(
        select u.missing
        from unsettled as u
        where u.store_id = keyed.store_id
        order by u.missing
    ) as unsettled,
    coalesce(
        (
            select json_object_agg(l.name, l.value order by l.name)
            from store_label as l
            where l.store_id = keyed.store_id
        ), '{}'
    ) as labels,
    key
from keyed
where
    :'after_id'::text is null
    or case
        when
            :'is_descending'::boolean
            then (key, store_id) < (:'after_key', :'after_id')
        else (key, store_id) > (:'after_key', :'after_id')
    end
order by
    case when not :'is_descending'::boolean then key end asc,
    case when :'is_descending'::boolean then key end desc,
    case when not :'is_descending'::boolean then store_id end asc,
    case when :'is_descending'::boolean then store_id end desc
limit :'limit'::integer
