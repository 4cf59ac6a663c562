INSERT INTO alerts (id, incident_id, source, key, severity, received_at, starts_at, ends_at, title, link, labels, annotations)
SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]),
       unnest($6::timestamptz[]), unnest($7::timestamptz[]), unnest($8::timestamptz[]), unnest($9::text[]), unnest($10::text[]),
       unnest($11::text[])::json, unnest($12::text[])::json
