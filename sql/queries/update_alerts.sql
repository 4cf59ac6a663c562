-- History follows its alert. Texts are sent only where the content has changed.
UPDATE alerts a
SET incident_id = n.incident_id, severity = n.severity, starts_at = n.starts_at, ends_at = n.ends_at,
    title = coalesce(n.title, a.title), link = coalesce(n.link, a.link), labels = coalesce(n.labels::json, a.labels),
    annotations = coalesce(n.annotations::json, a.annotations)
FROM (
    SELECT unnest($1::bigint[]) AS id, unnest($2::bigint[]) AS incident_id, unnest($3::text[]) AS severity,
           unnest($4::timestamptz[]) AS starts_at, unnest($5::timestamptz[]) AS ends_at, unnest($6::text[]) AS title,
           unnest($7::text[]) AS link, unnest($8::text[]) AS labels, unnest($9::text[]) AS annotations
) n
WHERE a.id = n.id
