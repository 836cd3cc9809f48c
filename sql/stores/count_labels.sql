-- How many stores have each label: one page of at most `limit` rows, by name and value,
-- after the given one.
-- Optional: label_name, after_name, after_value, limit.
select
    name,
    value,
    count(*) as stores
from store_label
where
    (
        :'viewer'::integer is null
        or exists (
            select 1
            from visible_store as v
            where v.user_id = :'viewer'::integer and v.store_id = store_label.store_id
        )
    )
    and coalesce(:'label_name', '') in ('', name)
    and (
        :'after_name'::text is null
        or (name, value) > (:'after_name', :'after_value')
    )
group by name, value
order by name, value
limit :'limit'::integer
