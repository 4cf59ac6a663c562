-- This session is now the one that says that the node lives. The row is seen by others when the lock is held.
-- $1 this node, $2 now, $3 how far its clock is ahead of the server's.
INSERT INTO nodes (name, id, held_at, clock_ahead_us)
VALUES ($1::text, nextval('node_ids')::integer, $2::timestamptz, $3::bigint)
ON CONFLICT (name) DO UPDATE
SET id = excluded.id, held_at = excluded.held_at, gone_at = NULL, clock_ahead_us = excluded.clock_ahead_us
RETURNING id, pg_advisory_lock(1869509988, id) IS NULL
