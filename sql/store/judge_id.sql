-- Why a text cannot be the id of a store; null where it can. The same rules are in
-- ingest/find_odd_ids.
select
    case
        when char_length(:'store_id') > 64 then 'longer than 64 characters'
        when :'store_id' ~ '^[=+\-@[:cntrl:]]'
            then 'a spreadsheet would run it as a formula'
        when :'store_id' ~* '^[0-9]([.,][0-9]+)?e\+[0-9]+$'
            then 'a spreadsheet has rounded it'
    end as reason
