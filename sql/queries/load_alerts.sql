-- The known alerts of a batch, with the titles of those that are open: deciding needs no other text. Runs after load_incidents and locks them, so that what
-- is read here stays true until the commit. It reads this one table alone: what is joined to a row that was waited for would
-- be as it was before.
SELECT k.alert_id AS id, k.source, k.key, k.incident_id, k.content_hash, k.severity, k.starts_at, k.ends_at, k.received_at,
       k.last_seen_at, k.expires_at, k.closed_at, k.closed_by, k.late_at, k.late_starts_at, k.acknowledged_at, k.title,
       coalesce(k.held = k.alert_id, false) AS held
FROM (SELECT unnest($1::text[]) AS source, unnest($2::text[]) AS key) e
JOIN alert_keys k ON k.source = e.source AND k.key = e.key
ORDER BY k.source, k.key
FOR NO KEY UPDATE OF k
