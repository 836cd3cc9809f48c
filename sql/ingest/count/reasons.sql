-- How many rows of each file were rejected, and why.
select
    file,
    reason,
    count(*) as rejected
from (
    select
        'status' as file,
        reason
    from status_reject
    union all
    select
        'hours' as file,
        reason
    from hours_row
    union all
    select
        'timezones' as file,
        reason
    from timezones_row
    union all
    select
        'special' as file,
        reason
    from special_row
    union all
    select
        'labels' as file,
        reason
    from labels_row
    union all
    select
        'names' as file,
        reason
    from names_row
) as judged
where reason is not null
group by file, reason
order by file asc, rejected desc, reason asc
