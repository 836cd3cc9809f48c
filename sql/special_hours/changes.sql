-- The changes made to many stores at once, the newest first: how many stores that a
-- viewer sees each has changed, and for how many of them it was undone. Who does not
-- see all stores sees only changes of stores that they see, and only the labels of
-- their own changes.
-- Optional: change_id.
with

-- Who sees all stores sees the newest. Only a change whose stores were all deleted is
-- left out.
changes as materialized (
    select *
    from special_hours_change
    where :'change_id'::uuid is null or change_id = :'change_id'::uuid
    order by changed_at desc, change_id asc
    limit case when :'viewer'::integer is null then :'limit'::integer end
),

-- A change may have all stores. So without `offset 0` the planner looks up the stores
-- of the viewer once for all changes, not one by one.
counted as materialized (
    select
        b.change_id,
        count(*) as stores,
        count(b.undone_at) as undone
    from special_hours_before as b
    where
        b.change_id in (select c.change_id from changes as c)
        and (
            :'viewer'::integer is null
            or exists (
                select
                from visible_store as v
                where v.user_id = :'viewer'::integer and v.store_id = b.store_id
            )
        )
    group by b.change_id
)

select
    c.change_id,
    c.changed_at,
    c.username,
    c.date,
    c.starts,
    c.ends,
    case
        when :'viewer'::integer is null or c.user_id = :'viewer'::integer
            then c.labels
    end as labels,
    k.stores,
    k.undone
from changes as c
inner join counted as k on c.change_id = k.change_id
order by c.changed_at desc, c.change_id asc
limit :'limit'::integer
