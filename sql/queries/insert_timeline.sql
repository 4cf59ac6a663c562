INSERT INTO timeline (incident_id, at, kind, actor, text)
SELECT n.incident_id, n.at, n.kind, n.actor, n.text
FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[]) AS n(incident_id, at, kind, actor, text)
