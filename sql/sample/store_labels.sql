-- The labels of the sample.
select
    s.store_id,
    l.name,
    l.value
from sample_label as s
cross join
    lateral (
        values
        (1, 'brand', s.brand),
        (2, 'region', s.region),
        (3, 'market', s.market),
        (4, 'platform', s.platform),
        (5, 'location', s.location)
    ) as l (place, name, value)
order by s.number, l.place
