-- The totals of two reports in one window, before and after, rounded as in the output
-- (rules 8 and 10), and how many stores became better, worse, or neither: see
-- report/compare. A total has all stores of its report.
-- Optional: search, labels.
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
),

sums as (
    select
        count(up_before) as stores_before,
        coalesce(sum(up_before), 0) as up_before,
        coalesce(sum(down_before), 0) as down_before,
        coalesce(sum(unobserved_before), 0) as unobserved_before,
        count(up_after) as stores_after,
        coalesce(sum(up_after), 0) as up_after,
        coalesce(sum(down_after), 0) as down_after,
        coalesce(sum(unobserved_after), 0) as unobserved_after,
        count(*) filter (where change > 0) as better,
        count(*) filter (where change < 0) as worse,
        count(*) filter (where change = 0) as same,
        count(*) filter (
            where
            change is null and up_before is not null and up_after is not null
        ) as not_observed,
        count(*) filter (where up_after is null) as only_before,
        count(*) filter (where up_before is null) as only_after,
        case :'window' when 'hour' then 60 else 3600 end as unit
    from changed
),

shares as (
    select
        *,
        100 * up_before / nullif(up_before + down_before, 0) as percent_before,
        100 * up_after / nullif(up_after + down_after, 0) as percent_after
    from sums
)

select
    stores_before,
    round(up_before / unit, 2) as up_before,
    round(down_before / unit, 2) as down_before,
    round(unobserved_before / unit, 2) as unobserved_before,
    round(percent_before, 2) as percent_before,
    stores_after,
    round(up_after / unit, 2) as up_after,
    round(down_after / unit, 2) as down_after,
    round(unobserved_after / unit, 2) as unobserved_after,
    round(percent_after, 2) as percent_after,
    stores_after - stores_before as stores_change,
    round((up_after - up_before) / unit, 2) as up_change,
    round((down_after - down_before) / unit, 2) as down_change,
    round((unobserved_after - unobserved_before) / unit, 2) as unobserved_change,
    round(percent_after - percent_before, 2) as percent_change,
    better,
    worse,
    same,
    not_observed,
    only_before,
    only_after
from shares
