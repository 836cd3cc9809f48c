-- Ids in the files that differ only in the case of their letters (of ASCII) from
-- another id in the files or from a known store: how many, without regard to case, and
-- two of one. A row if there are any. A viewer who sees only some stores learns nothing
-- of the others: only the ids in the files are compared. An id of digits has no case.
with

ids as (
    select
        store_id collate "C" as store_id,
        true as is_in_file
    from file_id
    where lower(store_id) != upper(store_id)
    union all
    select
        store_id,
        false as is_in_file
    from store
    where lower(store_id) != upper(store_id) and :'viewer'::integer is null
),

alike as (
    select
        min(store_id) as one,
        max(store_id) as other
    from ids
    group by lower(store_id)
    having min(store_id) != max(store_id) and bool_or(is_in_file)
)

select
    count(*) as ids,
    min(one) as one,
    (array_agg(other order by one))[1] as other
from alike
having count(*) > 0
