-- Read each row of the file of names: the display name, or the reason why it is
-- invalid. An empty name is valid: the store has none.
create unlogged table names_row as
with

fields as (
    select
        ctid as position,
        store_id,
        coalesce(btrim(display_name, :'white_space'), '') as display_name
    from names_file
)

select
    f.position,
    coalesce(i.store_id, f.store_id) as store_id,
    f.display_name,
    case
        when i.reason is not null then i.reason
        when char_length(f.display_name) > :'longest_name'::integer
            then 'display_name longer than 200 characters'
        when f.display_name ~ :'control'
            then 'display_name with a control character'
    end as reason
from fields as f
left join odd_id as i on coalesce(f.store_id, '') = i.written
