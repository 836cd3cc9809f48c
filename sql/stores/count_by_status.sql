-- How many stores have each status at as_of, as the timeline has it now, and how many
-- of all are unsettled. A null as_of means that there is no poll, and no period. The
-- period at as_of is looked up by the key.
-- Optional: labels.
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

statuses as (
    select
        case
            when period.starts_at is null then 'closed'
            when period.is_up then 'up'
            when not period.is_up then 'down'
            else 'unobserved'
        end as status,
        exists(
            select 1
            from unsettled as u
            where u.store_id = s.store_id
        ) as is_unsettled
    from store as s
    left join lateral (
        select
            n.starts_at,
            n.is_up
        from (
            select
                t.starts_at,
                t.is_up
            from timeline as t
            where
                t.store_id = s.store_id
                and t.ends_at > coalesce(:'as_of'::timestamptz, 'infinity')
            order by t.ends_at asc
            limit 1
        ) as n
        where n.starts_at <= coalesce(:'as_of'::timestamptz, 'infinity')
    ) as period on true
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
        and (
            :'labels'::text[] is null
            or s.store_id in (select l.store_id from labelled as l)
        )
)

select
    count(*) filter (where status = 'up') as up,
    count(*) filter (where status = 'down') as down,
    count(*) filter (where status = 'unobserved') as unobserved,
    count(*) filter (where status = 'closed') as closed,
    count(*) filter (where is_unsettled) as unsettled
from statuses
