-- Seen again, unchanged. Returns the alerts that are still open with this content.
UPDATE alert_keys k
SET last_seen_at = greatest(k.last_seen_at, t.last_seen_at), expires_at = t.expires_at,
    check_at = CASE WHEN t.expires_at IS NOT NULL THEN least(k.check_at, t.expires_at) END
FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[])
     AS t(alert_id, content_hash, last_seen_at, expires_at)
WHERE k.alert_id = t.alert_id AND k.content_hash = t.content_hash AND k.ends_at IS NULL
RETURNING k.alert_id
