-- A store's periods from since to until, cut to that range. All queries of its uptime
-- read this table. No part is excused yet.
create temporary table range_period on commit drop as
select
    day,
    greatest(starts_at, :'since'::timestamptz) as starts_at,
    least(ends_at, :'until'::timestamptz) as ends_at,
    is_up,
    false as is_excused
from timeline
where
    store_id = :'store_id'
    and ends_at > :'since'::timestamptz
    -- A period is at most a date long, so the key's range can end here.
    and ends_at < :'until'::timestamptz + interval '2 days'
    and starts_at < :'until'::timestamptz
