-- Plan a change: each store that a viewer sees and that has the wanted labels gets the
-- same special hours of a date. Null in place of starts and ends means none, so that
-- the date is as in the week. A store that has these hours already stays as it is.
-- Optional: labels, starts, ends.
create temporary table special_plan on commit drop as
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
)

select
    s.store_id,
    case
        when
            (x.starts is not distinct from (:'starts'::time[]))
            and (x.ends is not distinct from (:'ends'::time[]))
            then 'same'
        else 'set'
    end as fate,
    x.starts as starts_before,
    x.ends as ends_before,
    :'starts'::time[] as starts_after,
    :'ends'::time[] as ends_after
from store as s
left join special_hours as x
    on s.store_id = x.store_id and x.date = :'date'::date
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
