-- Seen again, unchanged. Returns the alerts that are still open with this content.
UPDATE alert_keys k
SET last_seen_at = greatest(k.last_seen_at, t.last_seen_at), expires_at = t.expires_at,
    check_at = CASE WHEN t.expires_at IS NOT NULL THEN least(k.check_at, t.expires_at) END
FROM (
    SELECT unnest($1::bigint[]) AS alert_id, unnest($2::bigint[]) AS content_hash, unnest($3::timestamptz[]) AS last_seen_at,
           unnest($4::timestamptz[]) AS expires_at
) t
WHERE k.alert_id = t.alert_id AND k.content_hash = t.content_hash AND k.ends_at IS NULL
RETURNING k.alert_id
