SELECT k.alert_id AS id, k.source, k.key, k.starts_at, k.expires_at, coalesce(k.labels, a.labels)::text AS labels,
       coalesce(k.annotations, a.annotations)::text AS annotations, coalesce(k.title, a.title) AS title,
       coalesce(k.link, a.link) AS link
FROM alert_keys k
LEFT JOIN alerts a ON a.id = k.alert_id
WHERE k.check_at <= $1::timestamptz AND k.expires_at <= $1::timestamptz AND k.ends_at IS NULL
ORDER BY k.check_at
LIMIT $2::bigint
