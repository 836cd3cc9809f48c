-- The polls in the file, compared with the known polls of the same instants, if any
-- poll is known. Plain polls of one run are sorted already, and so are those that came
-- as text. If there are both, or several runs, they are sorted together. Then of two
-- rows with the same instant the later row wins: one without a record, or else the
-- larger record. Its reason wins with it. A file without the column of reasons does not
-- know them, so a poll keeps its reason with its status. Plain polls have no reason.
--
-- Equal instants are between the first and the last of the file. Said so, an hour's
-- polls are not joined with all that are known.
create unlogged table incoming_poll as
with

sorted_together as (
    select distinct on (store_id, observed_at)
        store_id,
        observed_at,
        is_active,
        reason
    from (
        select
            store_id,
            observed_at,
            is_active,
            null as reason,
            record
        from plain_poll
        union all
        select
            store_id,
            observed_at,
            is_active,
            reason,
            record
        from text_poll
    ) as polls
    order by store_id asc, observed_at asc, record desc nulls first
),

-- The planner leaves out what a parameter rules out.
latest as not materialized (
    select
        store_id,
        observed_at,
        is_active,
        null as reason
    from plain_poll
    where :'source'::text = 'plain'
    union all
    select
        store_id,
        observed_at,
        is_active,
        reason
    from text_poll
    where :'source'::text = 'text'
    union all
    select
        store_id,
        observed_at,
        is_active,
        reason
    from sorted_together
    where :'source'::text = 'both'
)

select
    l.store_id,
    l.observed_at,
    l.is_active,
    case
        when not :'has_reasons'::boolean and l.is_active = p.is_active then p.reason
        else l.reason
    end as reason,
    p.is_active as was_active,
    p.reason as was_reason
from latest as l
left join poll as p
    on
        l.store_id = p.store_id
        and l.observed_at = p.observed_at
        and (
            :'source'::text != 'plain'
            or p.observed_at between
            (select min(f.observed_at) from plain_poll as f)
            and (select max(f.observed_at) from plain_poll as f)
        )
where :'some_are_known'::boolean
union all
select
    store_id,
    observed_at,
    is_active,
    reason,
    null::boolean as was_active,
    null::text as was_reason
from latest
where not :'some_are_known'::boolean
