UPDATE alert_keys k
SET alert_id = n.alert_id, incident_id = n.incident_id, content_hash = n.content_hash, severity = n.severity,
    starts_at = n.starts_at, ends_at = n.ends_at, received_at = n.received_at, last_seen_at = n.last_seen_at,
    expires_at = n.expires_at,
    check_at = CASE WHEN n.ends_at IS NULL AND n.expires_at IS NOT NULL
                    THEN least(CASE WHEN k.alert_id = n.alert_id THEN k.check_at END, n.expires_at) END
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::timestamptz[], $8::timestamptz[],
            $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
     AS n(source, key, alert_id, incident_id, content_hash, severity, starts_at, ends_at, received_at, last_seen_at, expires_at)
WHERE k.source = n.source AND k.key = n.key
