-- The store ids that are not what the files write: without the white space around
-- them, and with the reason why one cannot be right.
create unlogged table odd_id as
with

-- Made before it is judged, so that each id is judged once and not in each row.
fields as materialized (
    select distinct store_id from status_file
    union
    select store_id from hours_file
    union
    select store_id from timezones_file
    union
    select store_id from special_file
),

ids as (
    select distinct
        coalesce(store_id, '') as written,
        coalesce(btrim(store_id, E' \t\n\r\f\v'), '') as store_id
    from fields
),

judged as (
    select
        written,
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
    written,
    store_id,
    reason
from judged
where reason is not null or store_id != written
