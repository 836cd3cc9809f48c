-- The timeline does not cover the dates before the boundary any more.
delete from timeline_day
where day < :'boundary'::date
