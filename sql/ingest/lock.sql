-- One writer at a time: a second ingest waits here until the first has ended.
lock table store in share row exclusive mode
