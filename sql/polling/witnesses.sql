-- Probes that are not due, of hosts that the round has not asked and that answered at
-- their last look: one of each host, `limit` at most. If they fail too, the fault is
-- probably ours. A look of a failed round says nothing about a host: otherwise, once a
-- failure of ours has lasted for some rounds, there would be nobody left to ask.
with

looks as (
    select
        p.*,
        l.host
    from probe as p
    inner join lateral (
        select
            r.host,
            r.is_active,
            r.reason
        from probe_result as r
        where
            r.store_id = p.store_id
            and not exists (
                select from polling_round as g
                where g.round_id = r.round_id and g.state = 'failed'
            )
        order by r.looked_at desc
        limit 1
    ) as l on true
    where
        l.is_active is not null and l.reason != all(:'of_the_network'::text[])
),

asked as (
    select distinct host
    from probe_result
    where round_id = :'round_id'::uuid
),

witnesses as (
    select distinct on (l.host) l.*
    from looks as l
    left join asked as a on l.host = a.host
    where a.host is null
    order by l.host asc, l.store_id asc
)

select
    store_id,
    url,
    status_codes,
    text,
    not_text,
    json_path,
    json_value
from witnesses
order by hashtext(host) asc, host asc
limit :'limit'
