-- What the rows of a file of probes change: the fields of each store's probe before and
-- after. Null means that there is none.
create temporary table probe_change as
with

wanted as (
    select
        store_id,
        case
            when url != ''
                then
                    jsonb_build_object(
                        'url', url,
                        'status_codes', status_codes,
                        'text', text,
                        'not_text', not_text,
                        'json_path', json_path,
                        'json_value', json_value,
                        'interval_minutes', interval_minutes
                    )
        end as after
    from probe_row
    where is_last
),

known as (
    select
        p.store_id,
        to_jsonb(p) - 'store_id' as before
    from probe as p
)

select
    w.store_id,
    k.before,
    w.after
from wanted as w
left join known as k on w.store_id = k.store_id
where k.before is distinct from w.after
