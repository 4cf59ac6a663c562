-- One row, whether the version is known or not. $1 model, $2 version, $3 the version to roll back to as the new manifest names
-- it (NULL: as the stored one does). `previous` is the other version of the model that was accepted last.
SELECT h.id, h.state, h.manifest::text AS manifest, h.errors::bigint AS errors,
       (SELECT count(*) FROM handoff_events e WHERE e.handoff_id = h.id) AS changes,
       (SELECT count(*) FROM handoffs) AS versions,
       previous.manifest AS previous_manifest,
       EXISTS (SELECT FROM handoffs r JOIN handoff_events e ON e.handoff_id = r.id
               WHERE r.model = $1::text AND r.version = coalesce($3::text, h.rollback_version) AND r.version <> $2::text
                 AND e.state = 'accepted') AS rollback_accepted
FROM (SELECT 1) one
LEFT JOIN handoffs h ON h.model = $1::text AND h.version = $2::text
LEFT JOIN LATERAL (
    SELECT o.manifest::text AS manifest
    FROM handoffs o JOIN handoff_events e ON e.handoff_id = o.id
    WHERE o.model = $1::text AND o.version <> $2::text AND e.state = 'accepted'
    ORDER BY e.serial DESC
    LIMIT 1
) previous ON true
