-- $1 model, $2 version, $3 state, $4 manifest, $5 rollback version, $6 findings, $7 errors, $8 warnings, $9 summary, $10 now,
-- $11 who, $12 why.
WITH put AS (
    INSERT INTO handoffs (model, version, state, manifest, rollback_version, findings, errors, warnings, summary, declared_at,
                          declared_by, changed_at, changed_by)
    VALUES ($1::text, $2::text, $3::text, $4::text::json, $5::text, $6::text::json, $7::integer, $8::integer, $9::text,
            $10::timestamptz, $11::text, $10::timestamptz, $11::text)
    RETURNING id
),
counted AS (
    UPDATE handoff_serial SET serial = serial + 1 RETURNING serial
)
INSERT INTO handoff_events (serial, handoff_id, at, state, actor, reason)
SELECT counted.serial, put.id, $10::timestamptz, $3::text, $11::text, $12::text
FROM put, counted
