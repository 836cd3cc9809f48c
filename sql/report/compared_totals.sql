-- The totals of two reports in one window, before and after, rounded as in the output
-- (rules 8 and 10), and how many of the compared stores became better, worse, or
-- neither. A total has all stores of its report.
with

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
        count(*) filter (where became = 'better') as better,
        count(*) filter (where became = 'worse') as worse,
        count(*) filter (where became = 'same') as same,
        count(*) filter (where became = 'not_observed') as not_observed,
        count(*) filter (where became = 'only_before') as only_before,
        count(*) filter (where became = 'only_after') as only_after,
        case :'window' when 'hour' then 60 else 3600 end as unit
    from compared_store
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
