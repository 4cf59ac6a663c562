-- A key that another node has just taken fails on the primary key: the batch is decided again.
INSERT INTO alert_keys (source, key, alert_id, incident_id, content_hash, severity, starts_at, ends_at, received_at,
                        last_seen_at, expires_at, check_at)
SELECT n.source, n.key, n.alert_id, n.incident_id, n.content_hash, n.severity, n.starts_at, n.ends_at, n.received_at,
       n.last_seen_at, n.expires_at, CASE WHEN n.ends_at IS NULL THEN n.expires_at END
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::timestamptz[], $8::timestamptz[],
            $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
     AS n(source, key, alert_id, incident_id, content_hash, severity, starts_at, ends_at, received_at, last_seen_at, expires_at)
