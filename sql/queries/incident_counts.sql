SELECT coalesce(json_agg(json_build_object('loop', c.loop, 'state', c.state, 'severity', c.severity, 'count', c.count)
                         ORDER BY c.loop, c.state, c.severity), '[]')::text
FROM (SELECT loop, state, severity, count(*) AS count FROM incidents WHERE state <> 'resolved' GROUP BY loop, state, severity) c
