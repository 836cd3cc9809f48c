-- Read each row of the status file: what it says, or the reason why it cannot be
-- right. A timestamp has one of the shapes that the loader's rules list, and is a
-- moment that exists.
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

fields as (
    select
        ctid as position,
        coalesce(btrim(store_id, E' \t\n\r\f\v'), '') as store_id,
        btrim(status, E' \t\n\r\f\v') as status,
        btrim(timestamp_utc, E' \t\n\r\f\v') as observed_at
    from status_file
),

-- `offset 0` keeps each timestamp from being read more than once.
readings as (
    select
        f.position,
        f.store_id,
        f.status,
        case
            when
                s.shape is not null
                and substr(f.observed_at, 12, 2) < '24'
                and substr(f.observed_at, 18, 2) < '60'
                and pg_input_is_valid(f.observed_at, 'timestamptz')
                then f.observed_at::timestamptz
        end as observed_at
    from fields as f
    left join timestamp_shapes as s
        on translate(f.observed_at, '123456789', '000000000') = s.shape
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
