-- Read each row of the status file: what it says, or the reason why it cannot be
-- right. A timestamp has one of the shapes that the rules list, and is a moment that
-- exists. Most are written as the public data writes them and read back the same;
-- only the others need the closer look.
create temporary table status_row on commit drop as
with

timestamp_shapes as (
    select '0000-00-00' || s.separator || '00:00:00' || f.fraction || z.zone as shape
    from (values (' '), ('T')) as s (separator)
    cross join (
        values
        (''), ('.0'), ('.00'), ('.000'), ('.0000'), ('.00000'), ('.000000')
    ) as f (fraction)
    cross join (
        values (''), (' UTC'), ('Z'), ('+00:00'), ('-00:00')
    ) as z (zone)
),

-- `offset 0`, here and below, keeps a field from being read more than once.
first_looks as (
    select
        ctid as position,
        store_id,
        status,
        timestamp_utc,
        case
            when
                timestamp_utc like '____-__-__ __:__:__% UTC'
                and pg_input_is_valid(timestamp_utc, 'timestamptz')
                then timestamp_utc::timestamptz at time zone 'UTC'
        end as utc
    from status_file
    offset 0  -- noqa: AM09
),

plain as (
    select
        position,
        store_id,
        status,
        timestamp_utc,
        case when utc::text || ' UTC' = timestamp_utc then utc at time zone 'UTC' end
            as observed_at
    from first_looks
    offset 0  -- noqa: AM09
),

fields as (
    select
        position,
        coalesce(btrim(store_id, E' \t\n\r\f\v'), '') as store_id,
        btrim(status, E' \t\n\r\f\v') as status,
        observed_at,
        case
            when observed_at is null then btrim(timestamp_utc, E' \t\n\r\f\v')
        end as unusual
    from plain
    offset 0  -- noqa: AM09
),

readings as (
    select
        position,
        store_id,
        status,
        case
            when observed_at is not null then observed_at
            when
                translate(unusual, '123456789', '000000000')
                in (select s.shape from timestamp_shapes as s)
                and substr(unusual, 12, 2) < '24'
                and substr(unusual, 18, 2) < '60'
                and pg_input_is_valid(unusual, 'timestamptz')
                then unusual::timestamptz
        end as observed_at
    from fields
    offset 0  -- noqa: AM09
)

select
    r.position,
    r.store_id,
    r.observed_at,
    r.status = 'active' as is_active,
    case
        when b.reason is not null then b.reason
        when r.status is null or r.status not in ('active', 'inactive')
            then 'status that is neither active nor inactive'
        when r.observed_at is null then 'unreadable or impossible timestamp'
        when
            r.observed_at < '1970-01-01T00:00:00Z'
            or r.observed_at >= '2101-01-01T00:00:00Z'
            then 'timestamp outside the years 1970 to 2100'
        when r.observed_at > :'now'::timestamptz + interval '24 hours'
            then 'timestamp more than a day in the future'
    end as reason
from readings as r
left join bad_id as b on r.store_id = b.store_id
