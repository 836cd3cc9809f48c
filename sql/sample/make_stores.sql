-- Make the work table of the sample's stores: the files that each is in, how often it
-- is polled and fails, and the keys of its random draws. Each draw is a hash, never
-- random(), so a seed gives the same rows on every machine; more stores or days only
-- add rows. The store's number modulo 40 decides which files it is in, so that small
-- samples have each kind too: a fifth has no hours, some have no zone or no polls.
create temporary table sample_store on commit drop as
with

keys as (
    select
        number,
        number % 40 as place,
        hashint8extended(number, :'seed'::bigint) as key
    from generate_series(1, :'stores'::bigint) as numbers (number)
),

draws as (
    select
        number,
        hashtextextended('polls', key) & 127 as diligence,
        hashtextextended('fortune', key) & 127 as fortune,
        hashtextextended('outages', key) & 63 as proneness
    from keys
)

-- Most numbers of 63 random bits have 19 digits, a tenth have 18, a hundredth 17.
select
    k.number,
    hashtextextended('id', k.key) & 9223372036854775807 as store_id,
    k.key,
    hashtextextended('poll', k.key) as poll_key,
    hashtextextended('downtime', k.key) as outage_key,
    k.place not in (10, 17, 31) as has_polls,
    k.place not in (3, 5, 10, 12, 19, 26, 33, 38) as has_hours,
    k.place not in (3, 17, 24) as has_zone,
    256 + d.diligence * 13 / 16 as polls_in_1024_thirds,
    d.fortune >= 115 as is_dying,
    case
        when d.fortune < 13 then 0
        when d.fortune >= 115 then 24
        else 40 + d.proneness
    end as outages_in_128_days
from keys as k
inner join draws as d on k.number = d.number
