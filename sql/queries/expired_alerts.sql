SELECT k.alert_id AS id, k.source, k.key, k.starts_at, k.expires_at, a.labels::text AS labels,
       a.annotations::text AS annotations, a.title, a.link
FROM alert_keys k
LEFT JOIN alerts a ON a.id = k.alert_id
WHERE k.check_at <= $1::timestamptz AND k.expires_at <= $1::timestamptz AND k.ends_at IS NULL
ORDER BY k.check_at
LIMIT $2::bigint
