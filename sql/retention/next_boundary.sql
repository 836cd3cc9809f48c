-- The date before which to prune next: at most seven covered dates further, so that no
-- step takes long, and never beyond the last one that is asked for.
select
    coalesce(
        (
            select d.day
            from timeline_day as d
            where d.day < :'last'::date
            order by d.day
            limit 1 offset 7
        ),
        :'last'::date
    ) as boundary
