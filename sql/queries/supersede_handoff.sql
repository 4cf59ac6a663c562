-- What is accepted of the model, other than the version that takes its place. $1 model, $2 version, $3 now, $4 who, $5 why.
WITH moved AS (
    UPDATE handoffs SET state = 'superseded', changed_at = $3::timestamptz, changed_by = $4::text
    WHERE model = $1::text AND version <> $2::text AND state = 'accepted'
    RETURNING id
),
counted AS (
    UPDATE handoff_serial SET serial = serial + 1 WHERE EXISTS (SELECT FROM moved) RETURNING serial
)
INSERT INTO handoff_events (serial, handoff_id, at, state, actor, reason)
SELECT counted.serial, moved.id, $3::timestamptz, 'superseded', $4::text, $5::text
FROM moved, counted
