-- The store ids as the files write them, each once: without the white space around it,
-- and with the reason why it cannot be right.
create unlogged table file_id as
with

fields as (
    select distinct store_id from status_file
    union
    select store_id from hours_file
    union
    select store_id from timezones_file
),

ids as (
    select distinct
        coalesce(store_id, '') as written,
        coalesce(btrim(store_id, E' \t\n\r\f\v'), '') as store_id
    from fields
)

select
    written,
    store_id,
    case
        when store_id = '' then 'empty store_id'
        when char_length(store_id) > 64 then 'store_id longer than 64 characters'
        when store_id ~ '^[=+@[:cntrl:]-]'
            then 'store_id that a spreadsheet would run as a formula'
        when store_id ~* '^[0-9]([.,][0-9]+)?e\+[0-9]+$'
            then 'store_id that a spreadsheet has rounded'
    end as reason
from ids
