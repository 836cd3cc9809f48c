-- Whether there is any poll yet.
select exists(select from poll) as has_polls
