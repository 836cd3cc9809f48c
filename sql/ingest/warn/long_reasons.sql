-- Reasons of polls that are too long, so that they are cut: how many, and one of them.
-- A row if there are any.
with

reasons as (
    select btrim(reason, :'white_space') as reason
    from status_file
    where char_length(reason) > :'longest_reason'::integer
)

select
    count(*) as polls,
    min(reason collate "C") as example
from reasons
where char_length(reason) > :'longest_reason'::integer
having count(*) > 0
