-- Give each store the probe that a file has for it.
insert into probe (
    store_id, url, status_codes, text, not_text, json_path, json_value,
    interval_minutes
)
select
    c.store_id,
    c.after ->> 'url' as url,
    c.after ->> 'status_codes' as status_codes,
    c.after ->> 'text' as text,
    c.after ->> 'not_text' as not_text,
    c.after ->> 'json_path' as json_path,
    c.after ->> 'json_value' as json_value,
    (c.after ->> 'interval_minutes')::smallint as interval_minutes
from probe_change as c
where c.after is not null
on conflict (store_id) do update
    set
        url = excluded.url,
        status_codes = excluded.status_codes,
        text = excluded.text,
        not_text = excluded.not_text,
        json_path = excluded.json_path,
        json_value = excluded.json_value,
        interval_minutes = excluded.interval_minutes
