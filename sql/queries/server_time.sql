-- What the server's clock says, and how far a node that lives is ahead of it: one that joins goes by the same time.
SELECT clock_timestamp() AS at,
       coalesce((SELECT n.clock_ahead_us FROM nodes n WHERE NOT pg_try_advisory_xact_lock_shared(1869509988, n.id)
                 ORDER BY n.held_at DESC LIMIT 1), 0) AS ahead
