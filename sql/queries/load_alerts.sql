-- The known alerts of a batch, without their texts: deciding needs none, and history holds them. Runs after load_incidents:
-- whoever changes an alert holds its incident's lock, so what is read here stays true until the commit; alerts without an
-- incident are locked themselves.
SELECT k.alert_id AS id, k.source, k.key, k.incident_id, k.content_hash, k.severity, k.starts_at, k.ends_at, k.received_at,
       k.last_seen_at, k.expires_at
FROM unnest($1::text[], $2::text[]) AS e(source, key)
JOIN alert_keys k ON k.source = e.source AND k.key = e.key
ORDER BY k.source, k.key
FOR UPDATE OF k
