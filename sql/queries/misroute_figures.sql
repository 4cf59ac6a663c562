-- For /metrics: $1 since, $2 until, $3 how many rows and teams at most, those with the most incidents.
WITH cases AS MATERIALIZED (
    SELECT * FROM onus_cases($1::timestamptz, $2::timestamptz)
)
SELECT json_build_object(
    'activity', coalesce((
        SELECT json_agg(json_build_object('name', r.activity, 'incidents', r.incidents, 'misrouted', r.misrouted) ORDER BY r.activity)
        FROM (
            SELECT activity, count(*) AS incidents, count(moved_to) AS misrouted
            FROM cases GROUP BY activity ORDER BY misrouted DESC, incidents DESC, activity LIMIT $3::bigint
        ) r), '[]'),
    'team', coalesce((
        SELECT json_agg(json_build_object('name', t.team, 'incidents', t.incidents, 'misrouted', t.misrouted) ORDER BY t.team)
        FROM (
            SELECT coalesce(team, '') AS team, count(*) AS incidents, count(moved_to) AS misrouted
            FROM cases GROUP BY 1 ORDER BY misrouted DESC, incidents DESC, 1 LIMIT $3::bigint
        ) t), '[]'),
    'contests', coalesce((
        SELECT json_agg(json_build_object('name', k.activity, 'decision', k.decision, 'count', k.count) ORDER BY k.activity, k.decision)
        FROM (
            SELECT activity, coalesce(decision, 'undecided') AS decision, count(*) AS count
            FROM contests WHERE contested_at >= $1::timestamptz AND contested_at < $2::timestamptz
            GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT $3::bigint
        ) k), '[]'))::text
