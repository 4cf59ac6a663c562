-- $1 state, $2 loop, $3 team, $4 service ('': any), $5 cursor (0: from the newest), $6 how many.
WITH page AS (
    SELECT i.*
    FROM incidents i
    WHERE ($1::text = '' OR i.state = $1 OR ($1 = 'open' AND i.state <> 'resolved'))
      AND ($2::text = '' OR i.loop = $2)
      AND ($3::text = '' OR jsonb_path_exists(i.raci::jsonb, '$.*[*].team ? (@ == $team)',
                                            jsonb_build_object('team', $3::text)))
      AND ($4::text = '' OR i.service = $4)
      AND ($5::bigint = 0 OR i.id < $5)
    ORDER BY i.id DESC
    LIMIT $6::bigint + 1
),
shown AS (
    SELECT * FROM page ORDER BY id DESC LIMIT $6::bigint
)
SELECT json_build_object(
    'incidents', coalesce((
        SELECT json_agg(json_build_object(
            'id', s.id, 'state', s.state, 'loop', s.loop, 'activity', s.activity, 'activity_name', s.activity_name,
            'service', s.service, 'severity', s.severity, 'title', s.title, 'raci', s.raci, 'why', s.why,
            'runbook', s.runbook, 'link', s.link, 'chart_revision', s.chart_revision, 'starts_at', onus_time(s.starts_at),
            'opened_at', onus_time(s.opened_at), 'acknowledged_at', onus_time(s.acknowledged_at),
            'acknowledged_by', s.acknowledged_by, 'contested_by', s.contested_by, 'contested_at', onus_time(s.contested_at),
            'contest_reason', s.contest_reason, 'proposed_role', s.proposed_role, 'proposed_name', s.proposed_name, 'resolved_at', onus_time(s.resolved_at),
            'updated_at', onus_time(s.updated_at), 'due_at', onus_time(s.due_at), 'open_alerts', s.open_alerts,
            'total_alerts', s.total_alerts) ORDER BY s.id DESC)
        FROM shown s), '[]'),
    'next_cursor', (SELECT min(id)::text FROM shown HAVING (SELECT count(*) FROM page) > $6::bigint))::text
