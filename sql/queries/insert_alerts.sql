INSERT INTO alerts (id, incident_id, source, key, severity, received_at, starts_at, ends_at, title, link, labels, annotations)
SELECT n.id, n.incident_id, n.source, n.key, n.severity, n.received_at, n.starts_at, n.ends_at, n.title, n.link,
       n.labels::jsonb, n.annotations::jsonb
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
            $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[])
     AS n(id, incident_id, source, key, severity, received_at, starts_at, ends_at, title, link, labels, annotations)
