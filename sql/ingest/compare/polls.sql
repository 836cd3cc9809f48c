-- The polls in the file, compared with the known polls of the same instants, if any
-- poll is known. Plain polls of one run are sorted already, and so are odd ones. If
-- there are both, or several runs, they are sorted together. Then of two rows with the
-- same instant the later row wins: one without a record, or else the larger record.
create unlogged table incoming_poll as
with

sorted_together as (
    select distinct on (store_id, observed_at)
        store_id,
        observed_at,
        is_active
    from (
        select
            store_id,
            observed_at,
            is_active,
            record
        from plain_poll
        union all
        select
            store_id,
            observed_at,
            is_active,
            record
        from odd_poll
    ) as polls
    order by store_id asc, observed_at asc, record desc nulls first
),

-- The planner leaves out what a parameter rules out.
latest as not materialized (
    select
        store_id,
        observed_at,
        is_active
    from plain_poll
    where :'source'::text = 'plain'
    union all
    select
        store_id,
        observed_at,
        is_active
    from odd_poll
    where :'source'::text = 'odd'
    union all
    select
        store_id,
        observed_at,
        is_active
    from sorted_together
    where :'source'::text = 'both'
)

select
    l.store_id,
    l.observed_at,
    l.is_active,
    p.is_active as was_active
from latest as l
left join poll as p
    on l.store_id = p.store_id and l.observed_at = p.observed_at
where :'some_are_known'::boolean
union all
select
    store_id,
    observed_at,
    is_active,
    null::boolean as was_active
from latest
where not :'some_are_known'::boolean
