-- Read each row of the file of labels: its values, or the reason why it is invalid. One
-- invalid row rejects all labels of its store. The rules are those of the table
-- `store_label`; see stores/models.py. The letter case of a name does not matter.
create unlogged table labels_row as
with

fields as (
    select
        ctid as position,
        store_id,
        lower(btrim(name, :'white_space') collate "C") as name,
        btrim(value, :'white_space') as value
    from labels_file
),

readings as (
    select
        f.position,
        coalesce(i.store_id, f.store_id) as store_id,
        i.reason as id_problem,
        f.name,
        f.value
    from fields as f
    left join odd_id as i on coalesce(f.store_id, '') = i.written
),

crowds as (
    select store_id
    from (
        select distinct
            store_id,
            name
        from readings
    ) as names
    group by store_id
    having count(name) > :'most_labels'::integer
),

-- Materialized, so that each row is judged once.
judged as materialized (
    select
        r.position,
        r.store_id,
        r.name,
        r.value,
        case
            when r.id_problem is not null then r.id_problem
            when r.name is null or r.name !~ :'label_name'
                then
                    'name that is not like region: a letter, then letters, digits '
                    || 'or _, 32 at most'
            when coalesce(r.value, '') = '' then 'empty value'
            when char_length(r.value) > :'longest_value'::integer
                then 'value longer than 100 characters'
            when r.value ~ :'control' then 'value with a control character'
            when c.store_id is not null then 'store with more than 50 labels'
        end as reason
    from readings as r
    left join crowds as c on r.store_id = c.store_id
)

select
    position,
    store_id,
    name,
    value,
    case
        when reason is not null then reason
        when bool_or(reason is not null) over (partition by store_id)
            then 'another row of this store''s labels is invalid'
    end as reason
from judged
