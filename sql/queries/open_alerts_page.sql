-- All open alerts, a page at a time, in the order of the primary key.
SELECT source, key, alert_id, content_hash, starts_at
FROM alert_keys
WHERE (source, key) > ($1::text, $2::text) AND ends_at IS NULL
ORDER BY source, key
LIMIT $3::bigint
