-- Reports, the newest first, and of these the first `most` after the one with the
-- given moment and id; or the one report that is asked for, with its store_ids. Who
-- may see only some stores sees the reports of these, and those of every store.
-- waiting_before is how many reports that are not done were asked for earlier.
select
    r.report_id::text as report_id,
    r.state,
    r.as_of,
    case when :'report_id'::uuid is not null then r.store_ids end as store_ids,
    r.requested_at,
    r.started_at,
    r.finished_at,
    r.attempts,
    r.store_count,
    r.error,
    case
        when r.state in ('queued', 'running')
            then (
                select count(*)
                from report as e
                where
                    e.state in ('queued', 'running')
                    and e.requested_at < r.requested_at
            )
    end as waiting_before
from report as r
where
    (:'report_id'::uuid is null or r.report_id = :'report_id'::uuid)
    and (
        :'visible'::text[] is null
        or r.store_ids is null
        or r.store_ids <@ :'visible'::text[]
    )
    and (:'state' = '' or r.state = :'state')
    and (
        :'after_id'::uuid is null
        or (r.requested_at, r.report_id)
        < (:'after_at'::timestamptz, :'after_id'::uuid)
    )
order by r.requested_at desc, r.report_id desc
limit :'most'::integer
