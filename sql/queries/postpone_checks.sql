-- Alerts whose look-again time has come, but which were repeated meanwhile: look again when they now expire.
UPDATE alert_keys k SET check_at = k.expires_at
FROM (
    SELECT source, key FROM alert_keys
    WHERE check_at <= $1::timestamptz AND (expires_at IS NULL OR expires_at > $1::timestamptz)
    ORDER BY check_at
    LIMIT $2::bigint
    FOR UPDATE SKIP LOCKED
) p
WHERE k.source = p.source AND k.key = p.key
