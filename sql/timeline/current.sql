-- Where a reader stands: the newest poll, the date that the history is kept from,
-- whether the timeline has heard of all there is, and whether it covers as_of: its date
-- anywhere on earth. If all is uncovered for more than two weeks before, or as_of is as
-- long after the newest poll, it need not: by then every store has been unobserved.
select
    newest_poll_at,
    history_from,
    not exists (select from timeline_mark)
    and coalesce(carry_limit = :'carry'::interval, false) as is_current,
    :'as_of'::timestamptz is null
    or exists (
        select from timeline_day as d
        where d.day = (:'as_of'::timestamptz at time zone 'UTC')::date + 1
    )
    or not exists (
        select from timeline_day as d
        where
            d.day between (:'as_of'::timestamptz at time zone 'UTC')::date - 15
            and (:'as_of'::timestamptz at time zone 'UTC')::date
    )
    or coalesce(
        :'as_of'::timestamptz > newest_poll_at + interval '17 days', true
    ) as is_covered
from timeline_state
