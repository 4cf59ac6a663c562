-- The open alerts of one incident, without their texts: there may be thousands, and ending them needs none.
SELECT k.alert_id AS id, k.source, k.key, k.incident_id, k.content_hash, k.severity, k.starts_at, k.ends_at, k.received_at,
       k.last_seen_at, k.expires_at
FROM alert_keys k
WHERE k.incident_id = $1::bigint AND k.ends_at IS NULL
ORDER BY k.source, k.key
FOR UPDATE
