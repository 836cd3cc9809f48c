-- From now on this date of a store has the hours of the week.
delete from special_hours
where store_id = :'store_id' and date = :'date'::date
