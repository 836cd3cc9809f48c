-- Make the work table of the sample's labels. A store with polls and a zone has them:
-- its market is a city of its zone, its region is where that is, and its location is
-- one of four addresses in the market. Its brand and its platform are drawn.
create temporary table sample_label on commit drop as
with

cities as (
    select *
    from (
        values
        ('America/New_York', 'east', array['New York', 'Boston', 'Atlanta', 'Miami']),
        ('America/Detroit', 'east', array['Detroit']),
        ('America/Indiana/Indianapolis', 'east', array['Indianapolis']),
        ('America/Chicago', 'central', array['Chicago', 'Dallas']),
        ('America/Denver', 'west', array['Denver']),
        ('America/Phoenix', 'west', array['Phoenix']),
        ('America/Los_Angeles', 'west', array['Los Angeles', 'Seattle', 'Oakland']),
        ('Pacific/Honolulu', 'west', array['Honolulu'])
    ) as c (timezone, region, markets)
),

draws as (
    select
        s.number,
        s.store_id,
        z.timezone,
        (hashtextextended('brand', s.key) & 1)::integer as brand,
        (hashtextextended('platform', s.key) & 2147483647)::integer % 3 as platform,
        (hashtextextended('market', s.key) & 2147483647)::integer as market,
        hashtextextended('location', s.key) & 3 as location
    from sample_store as s
    inner join sample_zone as z on s.number = z.number
    where s.has_polls
),

places as (
    select
        d.*,
        coalesce(c.region, 'abroad') as region_name,
        coalesce(
            c.markets[1 + d.market % cardinality(c.markets)],
            replace(substring(d.timezone, '[^/]*$'), '_', ' ')
        ) as market_name
    from draws as d
    left join cities as c on d.timezone = c.timezone
)

select
    number,
    store_id,
    (array['Bella Pizza', 'Burger Barn'])[1 + brand] as brand,
    region_name as region,
    market_name as market,
    (array['DoorDash', 'Grubhub', 'Uber Eats'])[1 + platform] as platform,
    market_name || ' ' || 1 + location as location
from places
