-- Locks and loads what a batch may change: the incidents of its alerts, and for each group the open incident, else the
-- one that ended last and may still reopen. In id order, so that two nodes never wait for each other in a circle.
WITH wanted AS (
    SELECT k.incident_id AS id
    FROM (SELECT unnest($1::text[]) AS source, unnest($2::text[]) AS key) e
    JOIN alert_keys k ON k.source = e.source AND k.key = e.key
    WHERE k.incident_id IS NOT NULL
    UNION
    SELECT coalesce(o.id, l.id)
    FROM unnest($3::text[]) AS g(hash)
    LEFT JOIN incidents o ON o.group_hash = g.hash AND o.state <> 'resolved'
    LEFT JOIN LATERAL (
        SELECT i.id, i.resolved_at, i.reopen_after_us
        FROM incidents i
        WHERE o.id IS NULL AND i.group_hash = g.hash AND i.state = 'resolved'
        ORDER BY i.resolved_at DESC
        LIMIT 1
    ) l ON l.resolved_at + l.reopen_after_us * interval '1 microsecond' >= $4::timestamptz
)
SELECT i.id, i.state, i.group_key, i.chart_revision, i.activity, i.activity_name, i.loop, i.severity, i.service, i.title, i.why,
       i.runbook, i.link, i.raci::text AS raci, i.consult, i.labels::text AS labels, i.annotations::text AS annotations,
       i.handoff::text AS handoff,
       i.starts_at, i.opened_at, i.acknowledged_at, i.resolved_at, i.updated_at, i.acknowledged_by, i.contested_by, i.contested_at,
       i.contest_reason, i.proposed_role, i.proposed_name, i.due_at, i.step, i.open_alerts, i.total_alerts,
       i.acknowledge_within_us, i.acknowledge_expires_us, coalesce(i.decide_within_us, i.acknowledge_within_us) AS decide_within_us,
       i.reopen_after_us
FROM wanted w
JOIN incidents i ON i.id = w.id
ORDER BY i.id
FOR NO KEY UPDATE OF i
