-- Count a request of a user for one of the limits. The window of a limit begins with
-- the first request after the previous window; `ends_at` is when it would end if it
-- began at `now`. A window that ends after `latest`, which is one window later, was
-- begun by a clock that was ahead. Returns the requests of the window, this one
-- included, and its end.
with

counted as (
    insert into request_count as c (user_id, limit_name, requests, ends_at)
    values (:'user_id', :'limit_name', 1, :'ends_at')
    on conflict (user_id, limit_name) do update
        set
            requests = case
                when
                    c.ends_at
                    between :'now'::timestamptz and :'latest'::timestamptz
                    then c.requests + 1
                else 1
            end,
            ends_at = case
                when
                    c.ends_at
                    between :'now'::timestamptz and :'latest'::timestamptz
                    then c.ends_at
                else excluded.ends_at
            end
    returning c.requests, c.ends_at
)

select
    requests,
    ends_at
from counted
