-- A spreadsheet keeps 15 digits of a number and writes zeros for the rest. So if most
-- of a file's ids of 16 digits or more end in 000, they look rounded. One id in a
-- thousand ends so by chance: a single known one is no sign, as in a push of one poll,
-- unless half of the known stores have such ids. A viewer who sees only some stores
-- learns nothing of the others.
with

long_ids as (
    select
        kind,
        count(*) as long,
        count(*) filter (where store_id like '%000') as rounded,
        min(store_id) filter (where store_id like '%000') as example,
        bool_and(is_known) as all_are_known
    from file_id
    where char_length(store_id) >= 16 and store_id !~ '[^0-9]'
    group by kind
)

select
    kind,
    long,
    rounded,
    example
from long_ids
where
    rounded * 2 > long
    and (
        long > 1
        or not all_are_known
        or (
            select count(*) filter (where s.store_id like '%000') * 2 >= count(*)
            from store as s
            where
                char_length(s.store_id) >= 16
                and s.store_id !~ '[^0-9]'
                and :'viewer'::integer is null
        )
    )
order by
    array_position(
        array['status', 'hours', 'timezones', 'special', 'labels', 'names'], kind
    )
