-- The zones in which some hour of UTC in the range is not within one hour of the local
-- clock, and the length of bins that are. Mostly it is a quarter of an hour, as in
-- Kathmandu. But some clock changes were at odd minutes.
-- Optional: previous_since.
with

odd as (
    select z.zone
    from (select distinct s.zone from store as s) as z
    where
        exists (
            select
            from
                generate_series(
                    date_bin(
                        '1 hour',
                        least(:'previous_since'::timestamptz, :'since'::timestamptz),
                        timestamptz '2000-01-01 00:00Z'
                    ),
                    :'until'::timestamptz,
                    '1 hour'
                ) as h (begins_at)
            where
                date_trunc('hour', h.begins_at at time zone z.zone)
                <> date_trunc(
                    'hour',
                    (h.begins_at + interval '59:59.999999') at time zone z.zone
                )
        )
)

select
    zone,
    case
        when
            exists (
                select
                from
                    generate_series(
                        date_bin(
                            '1 hour',
                            least(
                                :'previous_since'::timestamptz, :'since'::timestamptz
                            ),
                            timestamptz '2000-01-01 00:00Z'
                        ),
                        :'until'::timestamptz + interval '1 hour',
                        '15 minutes'
                    ) as q (begins_at)
                where
                    date_trunc('hour', q.begins_at at time zone odd.zone)
                    <> date_trunc(
                        'hour',
                        (q.begins_at + interval '14:59.999999') at time zone odd.zone
                    )
            )
            then interval '1 minute'
        else interval '15 minutes'
    end as step
from odd
