-- Plan the undoing of a change: each of its stores that a viewer sees gets back the
-- special hours of the date that it had before. It stays as it is if that was done
-- already, if its hours are others than the change has set (`starts` and `ends`, null
-- means none), or if one of the `later` changes of the date was made to it as well.
-- Optional: starts, ends.
create temporary table special_plan on commit drop as
select
    b.store_id,
    case
        when b.undone_at is not null then 'undone'
        when
            (x.starts is distinct from (:'starts'::time[]))
            or (x.ends is distinct from (:'ends'::time[]))
            or exists (
                select 1
                from special_hours_before as l
                where
                    l.change_id = any(:'later'::uuid[])
                    and l.store_id = b.store_id
                    and l.undone_at is null
            )
            then 'changed_since'
        else 'set'
    end as fate,
    x.starts as starts_before,
    x.ends as ends_before,
    b.starts as starts_after,
    b.ends as ends_after
from special_hours_before as b
left join special_hours as x
    on b.store_id = x.store_id and x.date = :'date'::date
where
    b.change_id = :'change_id'::uuid
    and (
        :'viewer'::integer is null
        or exists (
            select 1
            from visible_store as v
            where v.user_id = :'viewer'::integer and v.store_id = b.store_id
            offset 0  -- noqa: AM09
        )
    )
