-- The first and the last instant of the plain polls.
select
    min(observed_at) as first,
    max(observed_at) as last
from plain_poll
