-- $1 model, $2 version, $3 state, $4 manifest, $5 rollback version, $6 findings, $7 errors, $8 warnings, $9 summary (NULL: as it
-- was; errors and warnings belong to findings), $10 now, $11 who, $12 why.
WITH put AS (
    UPDATE handoffs SET
        state = $3::text, manifest = coalesce($4::text::json, manifest), rollback_version = coalesce($5::text, rollback_version),
        findings = coalesce($6::text::json, findings),
        errors = CASE WHEN $6::text IS NULL THEN errors ELSE $7::integer END,
        warnings = CASE WHEN $6::text IS NULL THEN warnings ELSE $8::integer END,
        summary = coalesce($9::text, summary),
        declared_at = CASE WHEN $4::text IS NULL THEN declared_at ELSE $10::timestamptz END,
        declared_by = CASE WHEN $4::text IS NULL THEN declared_by ELSE $11::text END,
        changed_at = $10::timestamptz, changed_by = $11::text
    WHERE model = $1::text AND version = $2::text
    RETURNING id
),
counted AS (
    UPDATE handoff_serial SET serial = serial + 1 RETURNING serial
)
INSERT INTO handoff_events (serial, handoff_id, at, state, actor, reason)
SELECT counted.serial, put.id, $10::timestamptz, $3::text, $11::text, $12::text
FROM put, counted
