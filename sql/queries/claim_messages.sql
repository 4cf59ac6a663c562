-- Leases ready messages: pages first, then what has been ready longest. A message waits behind an earlier one of its
-- incident to the same contact (a page only behind pages), and behind earlier ones to its destination that another node
-- has in hand. $1 now, $2 this node, $3 end of the lease, $4 how many.
WITH elsewhere AS MATERIALIZED (
    SELECT o.channel, o.address, min(o.created_at) AS since
    FROM messages o
    WHERE o.state = 'waiting' AND o.leased_by IS NOT NULL AND (o.leased_by < $2::text OR o.leased_by > $2::text)
      AND o.ready_at > $1::timestamptz
    GROUP BY o.channel, o.address
),
pages AS (
    SELECT m.id
    FROM messages m
    WHERE m.state = 'waiting' AND m.is_page AND m.ready_at <= $1::timestamptz
      AND NOT EXISTS (
          SELECT FROM messages o
          WHERE o.incident_id = m.incident_id AND o.channel = m.channel AND o.address = m.address AND o.state = 'waiting'
            AND o.is_page AND (o.created_at, o.id) < (m.created_at, m.id))
      AND NOT EXISTS (
          SELECT FROM elsewhere e WHERE e.channel = m.channel AND e.address = m.address AND e.since < m.created_at)
    ORDER BY m.ready_at
    LIMIT $4::bigint
    FOR UPDATE OF m SKIP LOCKED
),
notices AS (
    SELECT m.id
    FROM messages m
    WHERE m.state = 'waiting' AND NOT m.is_page AND m.ready_at <= $1::timestamptz
      AND NOT EXISTS (
          SELECT FROM messages o
          WHERE o.incident_id = m.incident_id AND o.channel = m.channel AND o.address = m.address AND o.state = 'waiting'
            AND (o.created_at, o.id) < (m.created_at, m.id))
      AND NOT EXISTS (
          SELECT FROM elsewhere e WHERE e.channel = m.channel AND e.address = m.address AND e.since < m.created_at)
    ORDER BY m.ready_at
    LIMIT greatest($4::bigint - (SELECT count(*) FROM pages), 0)
    FOR UPDATE OF m SKIP LOCKED
),
claimed AS (
    UPDATE messages m SET ready_at = $3::timestamptz, leased_by = $2::text
    FROM (SELECT id FROM pages UNION ALL SELECT id FROM notices) p
    WHERE m.id = p.id
    RETURNING m.*
)
SELECT c.id AS message_id, c.letter, c.reason, c.channel, c.address, c.role_name, c.team_name, c.team, c.actor, c.note, c.first,
       c.created_at, c.not_before, c.expires_at AS message_expires_at, c.attempts, coalesce(t.ref, '') AS thread,
       i.id, i.state, i.group_key, i.chart_revision, i.activity, i.activity_name, i.loop, i.severity, i.service, i.title, i.why,
       i.runbook, i.link, i.raci::text AS raci, i.consult, i.labels::text AS labels, i.annotations::text AS annotations,
       i.handoff::text AS handoff,
       i.starts_at, i.opened_at, i.acknowledged_at, i.resolved_at, i.updated_at, i.acknowledged_by, i.contested_by, i.contested_at,
       i.contest_reason, i.proposed_role, i.proposed_name, i.due_at, i.step, i.open_alerts, i.total_alerts,
       i.acknowledge_within_us, i.acknowledge_expires_us, coalesce(i.decide_within_us, i.acknowledge_within_us) AS decide_within_us,
       i.reopen_after_us
FROM claimed c
JOIN incidents i ON i.id = c.incident_id
LEFT JOIN threads t ON t.incident_id = c.incident_id AND t.channel = c.channel AND t.address = c.address
ORDER BY c.is_page DESC, c.created_at, c.id
