-- What nodes that are gone had in hand is ready again. A node that has lost its session, and not its life, gets it back within
-- moments: so a free lock is noticed first, and believed when it is still free at the next looks. What a dead node's other
-- sessions commit later is found as well, until its row goes. The rows are locked: a node that comes back waits, and then asks
-- what is still its own.
-- $1 this node, $2 now, $3 noticed before this: believed, $4 noticed before this: forgotten, $5 how far our clock is ahead of
-- the server's.
WITH gone AS MATERIALIZED (
    SELECT n.name, n.id, n.gone_at
    FROM nodes n
    WHERE n.name <> $1::text AND pg_try_advisory_xact_lock_shared(1869509988, n.id)
    FOR UPDATE SKIP LOCKED
),
noticed AS (
    UPDATE nodes n SET gone_at = $2::timestamptz FROM gone g WHERE n.name = g.name AND g.gone_at IS NULL
),
left_behind AS MATERIALIZED (
    SELECT m.id
    FROM gone g JOIN messages m ON m.leased_by = g.name
    WHERE m.state = 'waiting' AND g.gone_at <= $3::timestamptz
    FOR UPDATE OF m SKIP LOCKED
),
freed AS (
    UPDATE messages m SET ready_at = m.next_at, leased_by = NULL FROM left_behind l WHERE m.id = l.id RETURNING m.id
),
forgotten AS (
    DELETE FROM nodes n USING gone g WHERE n.name = g.name AND g.gone_at <= $4::timestamptz
),
told AS (
    UPDATE nodes n SET clock_ahead_us = $5::bigint WHERE n.name = $1::text AND abs(n.clock_ahead_us - $5::bigint) > 5000
)
SELECT (SELECT count(*) FROM freed) AS freed,
       (SELECT count(*) FROM nodes n WHERE n.name <> $1::text) - (SELECT count(*) FROM gone) AS others,
       clock_timestamp() AS server_time
