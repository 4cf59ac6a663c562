INSERT INTO timeline (incident_id, at, kind, actor, text)
SELECT unnest($1::bigint[]), unnest($2::timestamptz[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[])
