INSERT INTO alerts (id, incident_id, source, key, severity, received_at, starts_at, ends_at, title, link, labels, annotations,
                    entry_kind, entry_actor, entry_text)
SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]),
       unnest($6::timestamptz[]), unnest($7::timestamptz[]), unnest($8::timestamptz[]), unnest($9::text[]), unnest($10::text[]),
       unnest($11::text[])::json, unnest($12::text[])::json, unnest($13::text[]), unnest($14::text[]), unnest($15::text[])
