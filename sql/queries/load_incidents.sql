-- Locks what a batch may change: the incidents of its alerts, and for each group the open incident, else the one that ended
-- last and may still reopen. In id order, so that two nodes never wait for each other in a circle. Of each only what
-- counting its alerts needs; load_whole_incidents has the rest.
-- $1, $2: the alerts whose incident is found by them. $3, $4: the groups, and whether something of them fires: such a
-- group without an open incident gets a number for a new one (fresh), taken now, so that numbers follow time on all nodes.
WITH wanted AS (
    SELECT k.incident_id AS id, NULL::bigint AS fresh
    FROM (SELECT unnest($1::text[]) AS source, unnest($2::text[]) AS key) e
    JOIN alert_keys k ON k.source = e.source AND k.key = e.key
    WHERE k.incident_id IS NOT NULL
    UNION
    SELECT coalesce(o.id, l.id), CASE WHEN o.id IS NULL AND g.fires THEN nextval('incident_ids') END
    FROM (SELECT unnest($3::text[]) AS hash, unnest($4::boolean[]) AS fires) g
    LEFT JOIN incidents o ON o.group_hash = g.hash AND o.state <> 'resolved'
    LEFT JOIN LATERAL (
        SELECT i.id, i.resolved_at, i.reopen_after_us
        FROM incidents i
        WHERE o.id IS NULL AND i.group_hash = g.hash AND i.state = 'resolved'
        ORDER BY i.resolved_at DESC
        LIMIT 1
    ) l ON l.resolved_at + l.reopen_after_us * interval '1 microsecond' >= $5::timestamptz
)
SELECT w.fresh, i.*
FROM (SELECT id, fresh FROM wanted ORDER BY id) w
LEFT JOIN LATERAL (
    SELECT i.id, i.state, i.group_key, i.severity, i.handoff::text AS handoff, i.starts_at, i.resolved_at, i.updated_at,
           i.open_alerts, i.total_alerts, i.reopen_after_us, i.acknowledged_source
    FROM incidents i
    WHERE i.id = w.id
    FOR NO KEY UPDATE OF i
) i ON true
