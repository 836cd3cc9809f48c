-- Have this key to oneself until the transaction ends: whoever comes with the same one
-- waits, and then finds what became of it.
select pg_advisory_xact_lock(hashtextextended('key ' || :'key', 0)) as held
