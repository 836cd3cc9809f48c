-- One page of at most `limit` of the compared stores, rounded as in the output (rules 8
-- and 10), in the given order, after the row with the given key and id. Changes of the
-- uptime are in percentage points. A store without the figure of the order comes last.
-- Optional: became, after_key, after_id, limit.
with

keyed as (
    select
        *,
        coalesce(
            case when starts_with(:'order_by', '-') then -1 else 1 end
            * case ltrim(:'order_by', '-')
                when 'change' then change
                when 'percent_before' then percent_before
                when 'percent_after' then percent_after
                when 'down_change' then down_change
                when 'down_before' then down_before
                when 'down_after' then down_after
            end, 'Infinity'
        ) as place
    from compared_store
    where coalesce(:'became', '') in ('', became)
),

page as (
    select
        *,
        case :'window' when 'hour' then 60 else 3600 end as unit
    from keyed
    where
        :'after_id'::text is null
        or case
            when :'order_by' = '-store_id' then store_id < :'after_id'
            else (place, store_id) > (:'after_key'::numeric, :'after_id')
        end
    order by
        place asc,
        case when :'order_by' is distinct from '-store_id' then store_id end asc,
        store_id desc
    limit :'limit'::integer
)

select
    store_id,
    display_name,
    place::text as key,
    became,
    round(up_before / unit, 2) as up_before,
    round(down_before / unit, 2) as down_before,
    round(unobserved_before / unit, 2) as unobserved_before,
    round(percent_before, 2) as percent_before,
    round(up_after / unit, 2) as up_after,
    round(down_after / unit, 2) as down_after,
    round(unobserved_after / unit, 2) as unobserved_after,
    round(percent_after, 2) as percent_after,
    round(100 * change, 2) as change,
    round(down_change / unit, 2) as down_change
from page
order by
    place asc,
    case when :'order_by' is distinct from '-store_id' then store_id end asc,
    store_id desc
