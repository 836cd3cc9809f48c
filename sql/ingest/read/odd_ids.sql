-- The store ids that cannot be used as written in the files. They have white space
-- around them, or are invalid for a reason. The rules are those of the table `store`;
-- see stores/models.py. If the viewer was granted only some stores, all other ids have
-- a reason too, and it is the same whether such a store exists or not.
create unlogged table odd_id as
with

-- Materialized, so that each id is checked once and not in each row.
fields as materialized (
    select distinct store_id from status_file
    union
    select store_id from hours_file
    union
    select store_id from timezones_file
    union
    select store_id from special_file
    union
    select store_id from labels_file
    union
    select store_id from names_file
),

ids as (
    select distinct
        coalesce(store_id, '') as written,
        coalesce(btrim(store_id, :'white_space'), '') as store_id
    from fields
),

granted as materialized (
    select store_id
    from granted_store
    where user_id = :'viewer'::integer
    union
    select store_id
    from visible_store
    where user_id = :'viewer'::integer
),

judged as (
    select
        written,
        store_id,
        case
            when store_id = '' then 'empty store_id'
            when char_length(store_id) > :'longest_id'::integer
                then 'store_id longer than 64 characters'
            when store_id ~ :'formula'
                then 'store_id that a spreadsheet would run as a formula'
            when store_id ~ :'control'
                then 'store_id with a control character'
            when store_id ~* :'floating_point'
                then 'store_id that a tool has turned into a floating-point number'
            when
                :'viewer'::integer is not null
                and store_id not in (select g.store_id from granted as g)
                then 'store that is not yours'
        end as reason
    from ids
)

select
    written,
    store_id,
    reason
from judged
where reason is not null or store_id != written
