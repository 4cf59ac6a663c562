SELECT k.alert_id AS id, k.source, k.key, k.starts_at, k.expires_at, e.labels::text AS labels,
       e.annotations::text AS annotations, e.title, e.link
FROM alert_keys k
LEFT JOIN episodes e ON e.id = k.alert_id
WHERE k.check_at <= $1::timestamptz AND k.expires_at <= $1::timestamptz AND k.ends_at IS NULL
ORDER BY k.check_at
LIMIT $2::bigint
