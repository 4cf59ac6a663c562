-- $1 model, $2 state ('': any), $3 cursor (0: from the newest), $4 how many. Newest first, by when they were first declared.
WITH page AS (
    SELECT h.*
    FROM handoffs h
    WHERE ($1::text = '' OR h.model = $1) AND ($2::text = '' OR h.state = $2) AND ($3::bigint = 0 OR h.id < $3)
    ORDER BY h.id DESC
    LIMIT $4::bigint + 1
),
shown AS (
    SELECT * FROM page ORDER BY id DESC LIMIT $4::bigint
)
SELECT json_build_object(
    'handoffs', coalesce((
        SELECT json_agg(json_build_object(
            'id', s.id, 'model', s.model, 'version', s.version, 'state', s.state, 'rollback_version', s.rollback_version,
            'errors', s.errors, 'warnings', s.warnings, 'summary', s.summary, 'declared_at', onus_time(s.declared_at),
            'declared_by', s.declared_by, 'changed_at', onus_time(s.changed_at), 'changed_by', s.changed_by)
            ORDER BY s.id DESC)
        FROM shown s), '[]'),
    'next_cursor', (SELECT min(id)::text FROM shown HAVING (SELECT count(*) FROM page) > $4::bigint))::text
