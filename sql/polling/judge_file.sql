-- Read each row of a file of probes: its fields, or the reason why it is invalid. The
-- rules are those of the table `probe`; see stores/models.py. A column that the file
-- lacks, or an empty field, has its default. Without an address, the store shall have
-- no probe. Of two rows of one store, the later wins.
create temporary table probe_row as
with

fields as (
    select
        row_number() over (order by ctid) as record,
        btrim(coalesce(store_id, ''), :'white_space') as store_id,
        btrim(coalesce(url, ''), :'white_space') as url,
        replace(btrim(coalesce(status_codes, ''), :'white_space'), ' ', '')
            as status_codes,
        btrim(coalesce(text, ''), :'white_space') as text,
        btrim(coalesce(not_text, ''), :'white_space') as not_text,
        btrim(coalesce(json_path, ''), :'white_space') as json_path,
        btrim(coalesce(json_value, ''), :'white_space') as json_value,
        btrim(coalesce(interval_minutes, ''), :'white_space') as minutes
    from probe_file
),

readings as (
    select
        record,
        store_id,
        url,
        text,
        not_text,
        json_path,
        coalesce(nullif(status_codes, ''), :'status_codes') as status_codes,
        case
            when json_value = '' or pg_input_is_valid(json_value, 'json')
                then json_value
            else to_json(json_value)::text
        end as json_value,
        case
            when minutes = '' then :'interval_minutes'::smallint
            when pg_input_is_valid(minutes, 'smallint') then minutes::smallint
        end as interval_minutes
    from fields
),

longest as (
    select
        r.record,
        max(char_length(t.field)) as longest_text,
        bool_or(t.field ~ :'control') as has_control
    from readings as r
    cross join
        lateral (
            values (r.text), (r.not_text), (r.json_path), (r.json_value)
        ) as t (field)
    group by r.record
)

select
    r.*,
    r.record = max(r.record) over (partition by r.store_id) as is_last,
    case
        when s.store_id is null then 'store that is not known'
        when r.url = '' then null
        when r.url !~ :'url_pattern' or r.url ~ :'control'
            then
                'url that is no http or https address without user name and '
                || 'password'
        when char_length(r.url) > :'longest_url'::integer
            then 'url longer than 1000 characters'
        when
            r.status_codes !~ :'codes_pattern'
            or char_length(r.status_codes) > :'longest_wanted'::integer
            then 'status_codes that are not like 200-299,404'
        when l.longest_text > :'longest_wanted'::integer
            then 'text, not_text, json_path or json_value longer than 200 characters'
        when l.has_control then 'a control character'
        when r.json_path !~ :'path_pattern'
            then 'json_path that does not begin with /'
        when (r.json_path = '') != (r.json_value = '')
            then 'json_path without json_value, or json_value without json_path'
        when
            r.interval_minutes is null or r.interval_minutes not between
            :'fewest_minutes'::integer and :'most_minutes'::integer
            then 'interval_minutes that is no number from 5 to 1440'
    end as reason
from readings as r
inner join longest as l on r.record = l.record
left join store as s on r.store_id = s.store_id
