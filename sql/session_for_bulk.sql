-- Settings of this transaction for work on whole tables: room to sort and hash in
-- memory, none of the planner's tools that cost more than they give here, and an end
-- soon after the client's.
select
    set_config('work_mem', '256MB', true) as work_mem,
    set_config('jit', 'off', true) as jit,
    set_config('parallel_tuple_cost', '0.001', true) as parallel_tuple_cost,
    set_config('enable_memoize', 'off', true) as enable_memoize,
    set_config('enable_bitmapscan', 'off', true) as enable_bitmapscan,
    set_config('client_connection_check_interval', '1s', true) as check_interval
