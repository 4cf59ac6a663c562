-- The episodes that alert_keys holds of these keys end with this commit, or a new one takes their place: history has them from
-- now on. What the commit changes of them is sent. Runs before the keys are updated, under their locks.
INSERT INTO alerts (id, incident_id, source, key, severity, received_at, starts_at, ends_at, title, link, labels, annotations,
                    entry_kind, entry_actor, entry_text)
SELECT k.alert_id, coalesce(n.incident_id, k.incident_id), k.source, k.key, coalesce(n.severity, k.severity), k.received_at,
       coalesce(n.starts_at, k.starts_at), coalesce(k.ends_at, n.ends_at), coalesce(n.title, k.title),
       coalesce(n.link, k.link), coalesce(n.labels::json, k.labels), coalesce(n.annotations::json, k.annotations),
       k.entry_kind, k.entry_actor, k.entry_text
FROM (
    SELECT unnest($1::text[]) AS source, unnest($2::text[]) AS key, unnest($3::bigint[]) AS incident_id,
           unnest($4::text[]) AS severity, unnest($5::timestamptz[]) AS starts_at, unnest($6::timestamptz[]) AS ends_at,
           unnest($7::text[]) AS title, unnest($8::text[]) AS link, unnest($9::text[]) AS labels,
           unnest($10::text[]) AS annotations
) n
JOIN alert_keys k ON k.source = n.source AND k.key = n.key
WHERE k.held = k.alert_id
