-- The polls in the file, compared with the known polls of the same instants. A file
-- without the column of reasons does not know them, so a poll keeps its reason with its
-- status.
--
-- Equal instants are between the first and the last of the file. Said so of a large
-- file, an hour's polls are not joined with all that are known.
-- Optional: first, last.
create unlogged table incoming_poll as
select
    l.store_id,
    l.observed_at,
    l.is_active,
    case
        when not :'has_reasons'::boolean and l.is_active = p.is_active then p.reason
        else l.reason
    end as reason,
    p.is_active as was_active,
    p.reason as was_reason
from latest_poll as l
left join poll as p
    on
        l.store_id = p.store_id
        and l.observed_at = p.observed_at
        and (
            :'first'::timestamptz is null
            or p.observed_at between :'first'::timestamptz and :'last'::timestamptz
        )
