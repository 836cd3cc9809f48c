-- The stores whose hours differ from what their polls say: from since to until, a poll
-- with the reason out_of_hours found them inactive although their hours say open. Such
-- a poll is inside a down period, so only those of outages are read. A row has how many
-- they are, the newest of them, and the sessions of its date on the store's clock. The
-- stores with most such polls come first. One page has at most `limit` rows, after the
-- given one.
-- Optional: labels, after_polls, after_store, limit.
with

-- The stores that have one of the wanted values of each wanted name. A store has one
-- value of each name, so it has as many matches as there are names.
labelled as not materialized (
    select l.store_id
    from store_label as l
    where
        (l.name, l.value) in (
            select
                split_part(w.label, ':', 1) as name,
                substr(w.label, strpos(w.label, ':') + 1) as value
            from unnest(:'labels'::text[]) as w (label)
        )
    group by l.store_id
    having
        count(*) = (
            select count(distinct split_part(w.label, ':', 1))
            from unnest(:'labels'::text[]) as w (label)
        )
),

outages as (
    select
        o.store_id,
        o.starts_at,
        o.ends_at
    from outage as o
    where
        o.followed_at > :'since'::timestamptz
        and o.ends_at > :'since'::timestamptz
        and o.starts_at <= :'until'::timestamptz
        and (
            :'viewer'::integer is null
            or exists (
                select 1
                from visible_store as v
                where v.user_id = :'viewer'::integer and v.store_id = o.store_id
                offset 0  -- noqa: AM09
            )
        )
        and (
            :'labels'::text[] is null
            or exists (
                select from labelled as l
                where l.store_id = o.store_id
            )
        )
),

-- An outage lasts across closed hours, in which a poll is right about the hours.
differing as (
    select
        o.store_id,
        count(*) as polls,
        max(e.observed_at) as newest_at
    from outages as o
    cross join
        lateral (
            select p.observed_at
            from poll as p
            where
                p.store_id = o.store_id
                and p.observed_at >= greatest(o.starts_at, :'since'::timestamptz)
                and p.observed_at < o.ends_at
                and p.observed_at <= :'until'::timestamptz
                and p.reason = :'out_of_hours'
            offset 0  -- noqa: AM09
        ) as e
    where
        exists (
            select 1
            from timeline as t
            where
                t.store_id = o.store_id
                and t.ends_at > e.observed_at
                -- A period is at most a date long, so the key's range can end here.
                and t.ends_at < e.observed_at + interval '2 days'
                and t.starts_at <= e.observed_at
            offset 0  -- noqa: AM09
        )
    group by o.store_id
),

page as (
    select *
    from differing
    where
        :'after_polls'::bigint is null
        or (-polls, store_id) > (-:'after_polls'::bigint, :'after_store'::text)
    order by polls desc, store_id asc
    limit :'limit'::integer
),

-- All periods of the date of the newest poll.
dates as (
    select
        t.store_id,
        range_agg(tstzrange(t.starts_at, t.ends_at)) as sessions
    from page as p
    inner join timeline as n
        on
            p.store_id = n.store_id
            and p.newest_at < n.ends_at
            and p.newest_at + interval '2 days' > n.ends_at
            and p.newest_at >= n.starts_at
    inner join timeline as t
        on
            n.store_id = t.store_id
            and n.day = t.day
            and n.ends_at - interval '2 days' < t.ends_at
            and n.ends_at + interval '2 days' > t.ends_at
    group by t.store_id
)

select
    p.store_id,
    p.polls,
    p.newest_at,
    to_char(p.newest_at at time zone s.zone, 'YYYY-MM-DD"T"HH24:MI:SS') as newest_local,
    s.zone as timezone,
    (
        select
            string_agg(
                to_char(lower(r.session) at time zone s.zone, 'HH24:MI')
                || '-'
                || case
                    when
                        (upper(r.session) at time zone s.zone)::date
                        > (lower(r.session) at time zone s.zone)::date
                        then '24:00'
                    else to_char(upper(r.session) at time zone s.zone, 'HH24:MI')
                end,
                ', ' order by r.session
            )
        from unnest(d.sessions) as r (session)
    ) as hours,
    p.newest_at at time zone s.zone as newest_at_local,
    coalesce(nullif(s.display_name, ''), p.store_id) as name,
    array(
        select l.name || ':' || l.value
        from store_label as l
        where l.store_id = s.store_id
        order by l.name
    ) as labels
from page as p
inner join store as s on p.store_id = s.store_id
inner join dates as d on p.store_id = d.store_id
order by p.polls desc, p.store_id asc
