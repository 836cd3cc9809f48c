-- The first rows of a file of probes that are invalid, and how many there are.
select
    record,
    reason,
    count(*) over () as rejected
from probe_row
where reason is not null
order by record
limit :'limit'
