-- The polls of the file, if all came as text: they are sorted already.
create temporary view latest_poll as
select
    store_id,
    observed_at,
    is_active,
    reason
from text_poll
