-- Make the work table of the sample's time zones: most are in the shares of the real
-- data. One store in twenty is elsewhere in the world; these zones take turns.
create temporary table sample_zone on commit drop as
with

shares (timezone, share) as (
    values
    ('America/New_York', 603),
    ('America/Los_Angeles', 238),
    ('America/Chicago', 112),
    ('America/Phoenix', 31),
    ('America/Denver', 10),
    ('America/Detroit', 5),
    ('America/Indiana/Indianapolis', 1)
),

american as (
    select
        timezone,
        sum(share) over (order by share desc) - share as least,
        sum(share) over (order by share desc) as below
    from shares
),

elsewhere as (
    select
        array[
            'Asia/Beirut',
            'Asia/Kolkata',
            'Pacific/Honolulu',
            'Australia/Adelaide',
            'America/Edmonton',
            'America/St_Johns',
            'Europe/London',
            'Asia/Kathmandu'
        ] as timezones
),

stores as (
    select
        number,
        store_id,
        number % 20 = 7 as is_elsewhere,
        (hashtextextended('zone', key) & 2147483647) % 1000 as draw
    from sample_store
    where has_zone
)

select
    s.number,
    s.store_id,
    case
        when s.is_elsewhere
            then e.timezones[1 + s.number / 20 % cardinality(e.timezones)]
        else a.timezone
    end as timezone
from stores as s
inner join american as a on s.draw >= a.least and s.draw < a.below
cross join elsewhere as e
