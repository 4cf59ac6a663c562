-- History follows its alert. Texts are sent only where the content has changed.
UPDATE alerts a
SET incident_id = n.incident_id, severity = n.severity, starts_at = n.starts_at, ends_at = n.ends_at,
    title = coalesce(n.title, a.title), link = coalesce(n.link, a.link), labels = coalesce(n.labels::jsonb, a.labels),
    annotations = coalesce(n.annotations::jsonb, a.annotations)
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::text[],
            $9::text[])
     AS n(id, incident_id, severity, starts_at, ends_at, title, link, labels, annotations)
WHERE a.id = n.id
