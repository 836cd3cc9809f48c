-- The store ids, without the white space around them, that cannot be right.
create temporary table bad_id on commit drop as
with

fields as (
    select store_id from status_file
    union
    select store_id from hours_file
    union
    select store_id from timezones_file
),

ids as (
    select distinct coalesce(btrim(store_id, E' \t\n\r\f\v'), '') as store_id
    from fields
),

judged as (
    select
        store_id,
        case
            when store_id = '' then 'empty store_id'
            when char_length(store_id) > 64
                then 'store_id longer than 64 characters'
            when store_id ~ '^[=+@[:cntrl:]-]'
                then 'store_id that a spreadsheet would run as a formula'
            when store_id ~* '^[0-9]([.,][0-9]+)?e\+[0-9]+$'
                then 'store_id that a spreadsheet has rounded'
        end as reason
    from ids
)

select
    store_id,
    reason
from judged
where reason is not null
