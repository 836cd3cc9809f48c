-- The changes made to many stores at once, the newest first: how many stores that a
-- viewer sees each has changed, and for how many of them it was undone. Who does not
-- see all stores sees only changes of stores that they see, and only the labels of
-- their own changes.
-- Optional: change_id.
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
from special_hours_change as c
cross join
    lateral (
        select
            count(*) as stores,
            count(b.undone_at) as undone
        from special_hours_before as b
        where
            b.change_id = c.change_id
            and (
                :'viewer'::integer is null
                -- A change may have all stores. So the stores of the viewer are
                -- looked up once for all changes, not one by one.
                or b.store_id in (
                    select v.store_id
                    from visible_store as v
                    where v.user_id = :'viewer'::integer
                )
            )
    ) as k
where
    k.stores > 0
    and (:'change_id'::uuid is null or c.change_id = :'change_id'::uuid)
order by c.changed_at desc, c.change_id asc
limit :'limit'::integer
