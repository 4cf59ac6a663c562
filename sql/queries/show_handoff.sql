-- $1 model, $2 version.
SELECT json_build_object(
    'id', h.id, 'model', h.model, 'version', h.version, 'state', h.state, 'rollback_version', h.rollback_version,
    'errors', h.errors, 'warnings', h.warnings, 'summary', h.summary, 'declared_at', onus_time(h.declared_at),
    'declared_by', h.declared_by, 'changed_at', onus_time(h.changed_at), 'changed_by', h.changed_by,
    'findings', h.findings, 'manifest', h.manifest,
    'timeline', (
        SELECT json_agg(json_build_object('at', onus_time(e.at), 'state', e.state, 'actor', e.actor, 'reason', e.reason)
                        ORDER BY e.serial)
        FROM handoff_events e
        WHERE e.handoff_id = h.id))::text
FROM handoffs h
WHERE h.model = $1::text AND h.version = $2::text
