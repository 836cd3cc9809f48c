-- What a round found: its results, and how many hosts it asked. A host fails if all of
-- its results in the round are faults of the network.
with

hosts as (
    select
        host,
        count(*) filter (where is_active) as active,
        count(*) filter (where not is_active) as inactive,
        count(*) filter (where is_active is null) as refused,
        bool_and(reason = any(:'of_the_network'::text[])) as fails
    from probe_result
    where round_id = :'round_id'::uuid
    group by host
)

select
    coalesce(sum(active), 0)::integer as active,
    coalesce(sum(inactive), 0)::integer as inactive,
    coalesce(sum(refused), 0)::integer as refused,
    count(*) filter (where active + inactive > 0) as hosts,
    count(*) filter (where fails) as failing_hosts
from hosts
