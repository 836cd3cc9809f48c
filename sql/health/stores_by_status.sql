-- How many stores have each status at as_of, as the timeline has it now. A null as_of
-- means that there is no poll. The period at as_of is looked up by the key.
with

statuses as (
    select
        case
            when period.starts_at is null then 'closed'
            when period.is_up then 'up'
            when not period.is_up then 'down'
            else 'unobserved'
        end as status
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
                and t.ends_at > :'as_of'::timestamptz
            order by t.ends_at asc
            limit 1
        ) as n
        where n.starts_at <= :'as_of'::timestamptz
    ) as period on true
)

select
    count(*) filter (where status = 'up') as up,
    count(*) filter (where status = 'down') as down,
    count(*) filter (where status = 'unobserved') as unobserved,
    count(*) filter (where status = 'closed') as closed
from statuses
