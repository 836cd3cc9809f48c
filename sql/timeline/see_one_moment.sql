-- All statements of this transaction see the database as it is at one moment; it must
-- be the first of them.
set transaction isolation level repeatable read  -- noqa: PRS
