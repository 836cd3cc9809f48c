-- Begin the empty table of polls anew: what is written to a table of one's own
-- transaction need not be logged, where the server keeps no log for others.
truncate poll
