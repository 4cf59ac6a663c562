-- The known alerts of a batch, without their texts: deciding needs none, and history holds them. Runs after load_incidents:
-- whoever changes an alert holds its incident's lock, so what is read here stays true until the commit; alerts without an
-- incident are locked themselves. An incident that retention has removed is none.
SELECT k.alert_id AS id, k.source, k.key, i.id AS incident_id, k.content_hash, k.severity, k.starts_at, k.ends_at, k.received_at,
       k.last_seen_at, k.expires_at
FROM (SELECT unnest($1::text[]) AS source, unnest($2::text[]) AS key) e
JOIN alert_keys k ON k.source = e.source AND k.key = e.key
LEFT JOIN incidents i ON i.id = k.incident_id
ORDER BY k.source, k.key
FOR NO KEY UPDATE OF k
