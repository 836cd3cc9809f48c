-- For each outage of a list, in its order: what people call its store, the zone and the
-- labels of the store, and when the outage begins and ends by the store's clock.
with

named as materialized (
    select
        s.store_id,
        s.display_name,
        s.zone,
        array(
            select l.name || ':' || l.value
            from store_label as l
            where l.store_id = s.store_id
            order by l.name
        ) as labels
    from store as s
    where s.store_id = any(:'store_ids'::text[])
)

select
    coalesce(nullif(s.display_name, ''), o.store_id) as name,
    s.zone,
    o.starts_at at time zone s.zone as starts_local,
    o.ends_at at time zone s.zone as ends_local,
    coalesce(s.labels, '{}') as labels
from
    unnest(
        :'store_ids'::text[],
        :'starts'::timestamptz[],
        :'ends'::timestamptz[]
    ) with ordinality as o (store_id, starts_at, ends_at, place)
left join named as s on o.store_id = s.store_id
order by o.place
