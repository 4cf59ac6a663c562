-- Incidents that are locked, with everything.
SELECT i.id, i.state, i.group_key, i.chart_revision, i.activity, i.activity_name, i.loop, i.severity, i.service, i.title, i.why,
       i.runbook, i.link, i.raci::text AS raci, i.consult, i.labels::text AS labels, i.annotations::text AS annotations,
       i.handoff::text AS handoff,
       i.starts_at, i.opened_at, i.acknowledged_at, i.resolved_at, i.updated_at, i.acknowledged_by, i.contested_by, i.contested_at,
       i.contest_reason, i.proposed_role, i.proposed_name, i.due_at, i.step, i.open_alerts, i.total_alerts,
       i.acknowledge_within_us, i.acknowledge_expires_us, coalesce(i.decide_within_us, i.acknowledge_within_us) AS decide_within_us,
       i.reopen_after_us, i.acknowledged_source, i.words_alert_id,
       (SELECT count(*) FROM alert_keys k
        WHERE k.incident_id = i.id AND k.held IS NOT NULL AND k.ends_at IS NULL AND k.acknowledged_at IS NULL) AS unacknowledged
FROM unnest($1::bigint[]) AS w(id)
JOIN incidents i ON i.id = w.id
ORDER BY i.id
