-- The state that a reader finds: the newest poll, the first date of the kept history,
-- whether all marks have been processed, and whether the timeline covers as_of: its
-- date in every time zone. It need not cover as_of if the two weeks before are
-- uncovered, or as_of is more than 17 days after the newest poll: every store is
-- unobserved by then.
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
