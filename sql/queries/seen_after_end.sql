-- Alerts that a node took for open and unchanged, and that had ended when it saw them: they fire, and somebody must hear of it.
-- What ended after it was last seen is over, but for an expiry (without closed_at) that a repetition had overtaken. (An older
-- node leaves no closed_by either; its ends are known by the source's time.)
SELECT k.alert_id AS id, k.source, k.key, k.starts_at, t.last_seen_at, t.expires_at, e.labels::text AS labels,
       e.annotations::text AS annotations, e.title, e.link
FROM (
    SELECT unnest($1::bigint[]) AS alert_id, unnest($2::bigint[]) AS content_hash, unnest($3::timestamptz[]) AS last_seen_at,
           unnest($4::timestamptz[]) AS expires_at
) t
JOIN alert_keys k ON k.alert_id = t.alert_id AND k.content_hash = t.content_hash
JOIN episodes e ON e.id = k.alert_id
WHERE k.ends_at IS NOT NULL
  AND (t.last_seen_at > coalesce(k.closed_at, k.ends_at)
       OR (k.closed_by IS NOT NULL AND k.closed_at IS NULL AND t.expires_at > k.ends_at))
