UPDATE alert_keys k
SET alert_id = n.alert_id, incident_id = n.incident_id, content_hash = n.content_hash, severity = n.severity,
    starts_at = n.starts_at, ends_at = n.ends_at, received_at = n.received_at, last_seen_at = n.last_seen_at,
    expires_at = n.expires_at,
    check_at = CASE WHEN n.ends_at IS NULL AND n.expires_at IS NOT NULL
                    THEN least(CASE WHEN k.alert_id = n.alert_id THEN k.check_at END, n.expires_at) END
FROM (
    SELECT unnest($1::text[]) AS source, unnest($2::text[]) AS key, unnest($3::bigint[]) AS alert_id,
           unnest($4::bigint[]) AS incident_id, unnest($5::bigint[]) AS content_hash, unnest($6::text[]) AS severity,
           unnest($7::timestamptz[]) AS starts_at, unnest($8::timestamptz[]) AS ends_at,
           unnest($9::timestamptz[]) AS received_at, unnest($10::timestamptz[]) AS last_seen_at,
           unnest($11::timestamptz[]) AS expires_at
) n
WHERE k.source = n.source AND k.key = n.key
