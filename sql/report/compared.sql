-- Two reports side by side, in one window: the time of each store before and after, in
-- seconds, and what became of it. The change of the uptime is a share, and from the
-- exact figures. A store without observed time in one of the reports, or that is in one
-- of them only, has no change.
-- Optional: search, labels.
create temporary table compared_store on commit drop as
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

figures as not materialized (
    select
        r.report_id,
        r.store_id,
        extract(epoch from case :'window'
            when 'hour' then r.up_hour
            when 'day' then r.up_day
            when 'week' then r.up_week
        end) as up,
        extract(epoch from case :'window'
            when 'hour' then r.down_hour
            when 'day' then r.down_day
            when 'week' then r.down_week
        end) as down,
        extract(epoch from case :'window'
            when 'hour' then r.unobserved_hour
            when 'day' then r.unobserved_day
            when 'week' then r.unobserved_week
        end) as unobserved
    from report_row as r
    where
        (
            :'viewer'::integer is null
            or exists (
                select 1
                from visible_store as v
                where v.user_id = :'viewer'::integer and v.store_id = r.store_id
            )
            or exists (
                select 1
                from granted_store as g
                where g.user_id = :'viewer'::integer and g.store_id = r.store_id
            )
        )
        and (
            :'labels'::text[] is null
            or r.store_id in (select l.store_id from labelled as l)
        )
),

-- A figure is null if the store is not in that report.
pairs as (
    select
        coalesce(b.store_id, a.store_id) as store_id,
        b.up as up_before,
        b.down as down_before,
        b.unobserved as unobserved_before,
        a.up as up_after,
        a.down as down_after,
        a.unobserved as unobserved_after
    from (
        select * from figures
        where report_id = :'before_report'::uuid
    ) as b
    full outer join (
        select * from figures
        where report_id = :'after_report'::uuid
    ) as a on b.store_id = a.store_id
),

-- The change is one fraction, so that it is 0 exactly if nothing has changed. It is
-- null if nothing was observed in one of the reports.
changed as (
    select
        p.*,
        s.display_name,
        (
            p.up_after * (p.up_before + p.down_before)
            - p.up_before * (p.up_after + p.down_after)
        )
        / nullif(
            (p.up_before + p.down_before) * (p.up_after + p.down_after), 0
        ) as change
    from pairs as p
    left join store as s on p.store_id = s.store_id
    where
        :'search'::text is null
        or starts_with(p.store_id, :'search')
        or strpos(lower(s.display_name), lower(:'search')) > 0
    offset 0  -- noqa: AM09
)

select
    *,
    100 * up_before / nullif(up_before + down_before, 0) as percent_before,
    100 * up_after / nullif(up_after + down_after, 0) as percent_after,
    case when change is not null then down_after - down_before end
        as down_change,
    case
        when up_after is null then 'only_before'
        when up_before is null then 'only_after'
        when change is null then 'not_observed'
        when change > 0 then 'better'
        when change < 0 then 'worse'
        else 'same'
    end as became
from changed
