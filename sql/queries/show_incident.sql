-- $1 id, $2 how many alerts, timeline entries and deliveries are shown at most (the newest); truncated says so.
SELECT json_build_object(
    'id', i.id, 'state', i.state, 'loop', i.loop, 'activity', i.activity, 'activity_name', i.activity_name,
    'service', i.service, 'severity', i.severity, 'title', i.title, 'raci', i.raci, 'why', i.why, 'runbook', i.runbook,
    'link', i.link, 'consult', i.consult, 'group_key', i.group_key, 'chart_revision', i.chart_revision,
    'labels', i.labels, 'annotations', i.annotations,
    'handoff', CASE WHEN i.handoff ->> 'model' IS NOT NULL THEN json_build_object(
        'model', i.handoff ->> 'model', 'version', coalesce(i.handoff ->> 'version', ''), 'state', i.handoff ->> 'state',
        'since', i.handoff ->> 'since', 'by', coalesce(i.handoff ->> 'by', ''), 'text', coalesce(i.handoff ->> 'text', ''), 'state_now', h.state, 'baseline', h.manifest -> 'baseline',
        'resources', h.manifest -> 'resources') END,
    'starts_at', onus_time(i.starts_at),
    'opened_at', onus_time(i.opened_at), 'acknowledged_at', onus_time(i.acknowledged_at),
    'acknowledged_by', i.acknowledged_by, 'contested_by', i.contested_by, 'contested_at', onus_time(i.contested_at),
    'contest_reason', i.contest_reason, 'proposed_role', i.proposed_role, 'proposed_name', i.proposed_name, 'resolved_at', onus_time(i.resolved_at),
    'updated_at', onus_time(i.updated_at), 'due_at', onus_time(i.due_at), 'step', i.step, 'open_alerts', i.open_alerts,
    'total_alerts', i.total_alerts,
    'alerts', coalesce(alerts.items, '[]'), 'timeline', coalesce(timeline.items, '[]'),
    'deliveries', coalesce(deliveries.items, '[]'),
    'truncated', greatest(alerts.count, timeline.count, deliveries.count) > $2::bigint)::text
FROM incidents i
LEFT JOIN handoffs h ON h.model = i.handoff ->> 'model' AND h.version = i.handoff ->> 'version'
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
               'source', a.source, 'key', a.key, 'title', a.title, 'severity', a.severity,
               'state', CASE WHEN a.ends_at IS NULL THEN 'firing' ELSE 'resolved' END, 'starts_at', onus_time(a.starts_at),
               'ends_at', onus_time(a.ends_at), 'received_at', onus_time(a.received_at),
               'last_seen_at', onus_time(k.last_seen_at), 'expires_at', onus_time(k.expires_at), 'link', a.link,
               'labels', a.labels, 'annotations', a.annotations) ORDER BY a.received_at, a.id)
               FILTER (WHERE a.place <= $2::bigint) AS items,
           count(*) AS count
    FROM (
        SELECT h.*, row_number() OVER (ORDER BY h.received_at DESC, h.id DESC) AS place
        FROM episodes h
        WHERE h.incident_id = i.id
        ORDER BY h.received_at DESC, h.id DESC
        LIMIT $2::bigint + 1
    ) a
    LEFT JOIN alert_keys k ON k.alert_id = a.id
) alerts
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('at', onus_time(t.at), 'kind', t.kind, 'actor', t.actor, 'text', t.text)
                    ORDER BY t.at, t.place, t.id) FILTER (WHERE t.nth <= $2::bigint) AS items,
           count(*) AS count
    FROM (
        SELECT h.*, row_number() OVER (ORDER BY h.at DESC, h.place DESC, h.id DESC) AS nth
        FROM incident_timeline h
        WHERE h.incident_id = i.id
        ORDER BY h.at DESC, h.place DESC, h.id DESC
        LIMIT $2::bigint + 1
    ) t
) timeline
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
               'id', m.id, 'letter', m.letter, 'reason', m.reason, 'page', m.is_page, 'channel', m.channel,
               'address', m.address, 'role', m.role_name, 'team', m.team_name, 'state', m.state,
               'created_at', onus_time(m.created_at),
               'next_at', CASE m.state WHEN 'waiting' THEN onus_time(m.next_at) END, 'attempts', m.log)
               ORDER BY m.created_at, m.id) FILTER (WHERE m.place <= $2::bigint) AS items,
           count(*) AS count
    FROM (
        SELECT h.*, row_number() OVER (ORDER BY h.created_at DESC, h.id DESC) AS place
        FROM messages h
        WHERE h.incident_id = i.id
        ORDER BY h.created_at DESC, h.id DESC
        LIMIT $2::bigint + 1
    ) m
) deliveries
WHERE i.id = $1::bigint
