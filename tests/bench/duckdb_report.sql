-- The uptime report by the uptime rules, from the tables of duckdb_load.sql.
--
-- Before it: set variable as_of = timestamp '...' (UTC), or null for the newest poll.
-- The first statement makes the nine exact figures of every store, the second prints
-- the six of the CSV file. Instants and lengths are whole microseconds throughout.

create or replace temp table figures as
with moment as materialized (
    select
        as_of,
        as_of - epoch_us(interval '1 hour') as hour_starts_at,
        as_of - epoch_us(interval '24 hours') as day_starts_at,
        as_of - epoch_us(interval '7 days') as week_starts_at
    from (
        select epoch_us(coalesce(
            getvariable('as_of')::timestamp,
            (select max(observed_at) from poll),
            error('There is no poll to take the time of the report from.')
        )) as as_of
    )
),
store as materialized (
    select
        row_number() over () as store_no,
        store_id,
        coalesce(timezone_str, 'America/Chicago') as zone
    from (
        select store_id from poll
        union
        select store_id from business_hours
        union
        select store_id from timezones
    )
    left join timezones using (store_id)
),
-- The dates of the window in every zone, and those before it, from which a status can
-- be carried into it: 24 hours before the opening of a session that the window cuts.
zone_date as materialized (
    select
        zone,
        local_date,
        isodow(local_date) - 1 as weekday,
        epoch_us(timezone(zone, local_date::timestamp)) as date_starts_at,
        epoch_us(timezone(zone, (local_date + 1)::timestamp)) as date_ends_at
    from (select distinct zone from store), (
        select
            unnest(range(-11, 3))::integer + make_timestamp(as_of)::date as local_date,
            as_of,
            week_starts_at
        from moment
    )
    where date_starts_at < as_of
        and date_ends_at > week_starts_at - epoch_us(interval '3 days')
),
row_of_hours as (
    select
        store_id,
        weekday,
        epoch_us(starts_at) as starts_at,
        case
            when ends_at >= time '23:59' then 86400000000
            else epoch_us(ends_at)
        end as ends_at
    from business_hours
),
wall_stretch as (
    select
        store_id,
        weekday,
        starts_at,
        case when ends_at <= starts_at then 86400000000 else ends_at end as ends_at
    from row_of_hours
    union all
    select store_id, (weekday + 1) % 7, 0, ends_at
    from row_of_hours
    where ends_at <= starts_at
    union all
    select store_id, weekday, 0, 86400000000
    from store anti join business_hours using (store_id), range(7) as week (weekday)
),
-- ICU reads wall-clock times that do not exist or exist twice as PostgreSQL does.
stretch as materialized (
    select
        store_no,
        date_starts_at,
        case
            when starts_at = 0 then date_starts_at
            else greatest(date_starts_at, epoch_us(
                timezone(zone, local_date::timestamp + to_microseconds(starts_at))
            ))
        end as opens_at,
        case
            when ends_at = 86400000000 then date_ends_at
            else least(date_ends_at, epoch_us(
                timezone(zone, local_date::timestamp + to_microseconds(ends_at))
            ))
        end as closes_at
    from wall_stretch
    join store using (store_id)
    join zone_date using (zone, weekday)
),
session as materialized (
    select
        row_number() over () as session_no,
        store_no,
        min(opens_at) as opens_at,
        max(closes_at) as closes_at
    from (
        select *, sum(begins) over (
            partition by store_no, date_starts_at order by opens_at
            rows unbounded preceding
        ) as place
        from (
            select *, case when opens_at <= max(closes_at) over (
                partition by store_no, date_starts_at order by opens_at
                rows between unbounded preceding and 1 preceding
            ) then 0 else 1 end as begins
            from stretch
            where opens_at < closes_at
        )
    )
    group by store_no, date_starts_at, place
),
-- A poll meets the few sessions of its UTC date, not all sessions of its store.
session_on_utc_date as (
    select
        store_id,
        session_no,
        make_timestamp(opens_at) as opens_at,
        make_timestamp(closes_at) as closes_at,
        unnest(generate_series(
            make_timestamp(opens_at)::date,
            make_timestamp(closes_at - 1)::date,
            interval '1 day'
        ))::date as utc_date
    from session
    join store using (store_no)
),
evidence as materialized (
    select session_no, epoch_us(observed_at) as observed_at, is_active
    from poll
    join session_on_utc_date as session
        on poll.store_id = session.store_id
        and observed_at::date = utc_date
        and observed_at >= opens_at
        and observed_at < closes_at
),
last_evidence as (
    select
        session_no,
        min(observed_at) as first_at,
        max(observed_at) filter (is_active) as up_at,
        max(observed_at) filter (not is_active) as down_at
    from evidence
    group by session_no
),
observed_session as materialized (
    select
        session.*,
        first_at,
        up_at,
        down_at,
        max(closes_at) over earlier = opens_at as follows_on,
        max(up_at) over earlier as earlier_up_at,
        greatest(max(up_at) over earlier, max(down_at) over earlier) as seen_at
    from session
    left join last_evidence using (session_no)
    window earlier as (
        partition by store_no order by opens_at
        rows between unbounded preceding and 1 preceding
    )
),
-- The status last seen, and how long a session that follows on another one keeps it.
carried_session as materialized (
    select
        *,
        earlier_up_at is not distinct from seen_at as was_up,
        case
            when follows_on
                and first_at is not null
                and opens_at - seen_at <= epoch_us(interval '24 hours')
                then first_at
            else opens_at
        end as kept_until
    from observed_session
),
-- Only the polls of a session that was seen both up and down need an order.
turn as (
    select
        session_no,
        observed_at,
        is_active,
        lag(observed_at) over session is null as is_first,
        lead(observed_at) over session as next_at
    from evidence
    semi join (
        select session_no
        from observed_session
        where up_at is not null and down_at is not null
    ) as mixed using (session_no)
    window session as (partition by session_no order by observed_at)
),
period as (
    select
        store_no,
        case when is_first then kept_until else observed_at end as starts_at,
        coalesce(next_at, closes_at) as ends_at,
        is_active
    from turn
    join carried_session using (session_no)
    union all
    select store_no, opens_at, kept_until, was_up
    from carried_session
    where opens_at < kept_until
    union all
    select
        store_no,
        kept_until,
        closes_at,
        case
            when up_at is not null then true
            when down_at is not null then false
            when opens_at - seen_at <= epoch_us(interval '24 hours')
                then was_up
        end
    from carried_session
    where up_at is null or down_at is null
),
status_total as (
    select
        store_no,
        is_active,
        sum(greatest(least(ends_at, as_of) - greatest(starts_at, hour_starts_at), 0))
            as in_hour,
        sum(greatest(least(ends_at, as_of) - greatest(starts_at, day_starts_at), 0))
            as in_day,
        sum(least(ends_at, as_of) - greatest(starts_at, week_starts_at))
            as in_week
    from period, moment
    where starts_at < as_of and ends_at > week_starts_at
    group by store_no, is_active
),
total as (
    select
        store_no,
        sum(in_hour) filter (is_active) as up_hour,
        sum(in_hour) filter (not is_active) as down_hour,
        sum(in_hour) filter (is_active is null) as unobserved_hour,
        sum(in_day) filter (is_active) as up_day,
        sum(in_day) filter (not is_active) as down_day,
        sum(in_day) filter (is_active is null) as unobserved_day,
        sum(in_week) filter (is_active) as up_week,
        sum(in_week) filter (not is_active) as down_week,
        sum(in_week) filter (is_active is null) as unobserved_week
    from status_total
    group by store_no
)
select
    store_id,
    coalesce(columns(total.* exclude (store_no)), 0)::bigint
from store
left join total using (store_no);

-- Add half a hundredth, cut off the rest: this rounds halves away from zero.
select
    store_id,
    ((200 * up_hour + 60000000) // 120000000 * 0.01)::decimal(9, 2)
        as "uptime_last_hour(in minutes)",
    ((200 * up_day + 3600000000) // 7200000000 * 0.01)::decimal(9, 2)
        as "uptime_last_day(in hours)",
    ((200 * up_week + 3600000000) // 7200000000 * 0.01)::decimal(9, 2)
        as "uptime_last_week(in hours)",
    ((200 * down_hour + 60000000) // 120000000 * 0.01)::decimal(9, 2)
        as "downtime_last_hour(in minutes)",
    ((200 * down_day + 3600000000) // 7200000000 * 0.01)::decimal(9, 2)
        as "downtime_last_day(in hours)",
    ((200 * down_week + 3600000000) // 7200000000 * 0.01)::decimal(9, 2)
        as "downtime_last_week(in hours)"
from figures
order by store_id;
