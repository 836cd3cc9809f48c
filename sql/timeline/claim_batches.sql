-- The batches of marks that this refresh sees and will answer. A batch becomes
-- visible whole, with its transaction; one that comes later waits its turn.
select coalesce(array_agg(distinct batch), '{}') as batches
from timeline_mark
