-- A key that another node has just taken fails on the primary key: the batch is decided again. Columns are unnested in the
-- select list, here and elsewhere, because there they run in step; in FROM the server first keeps each in a store of its own.
INSERT INTO alert_keys (source, key, alert_id, incident_id, content_hash, severity, starts_at, ends_at, received_at,
                        last_seen_at, expires_at, check_at, held, title, link, labels, annotations, entry_kind, entry_actor,
                        entry_text, closed_at, closed_by, late_at, late_starts_at,
                        acknowledged_at)
SELECT n.source, n.key, n.alert_id, n.incident_id, n.content_hash, n.severity, n.starts_at, n.ends_at, n.received_at,
       n.last_seen_at, n.expires_at, CASE WHEN n.ends_at IS NULL THEN n.expires_at END, n.held, n.title, n.link,
       n.labels::json, n.annotations::json, n.entry_kind, n.entry_actor, n.entry_text, n.closed_at, n.closed_by, n.late_at,
       n.late_starts_at, n.acknowledged_at
FROM (
    SELECT unnest($1::text[]) AS source, unnest($2::text[]) AS key, unnest($3::bigint[]) AS alert_id,
           unnest($4::bigint[]) AS incident_id, unnest($5::bigint[]) AS content_hash, unnest($6::text[]) AS severity,
           unnest($7::timestamptz[]) AS starts_at, unnest($8::timestamptz[]) AS ends_at,
           unnest($9::timestamptz[]) AS received_at, unnest($10::timestamptz[]) AS last_seen_at,
           unnest($11::timestamptz[]) AS expires_at, unnest($12::bigint[]) AS held, unnest($13::text[]) AS title,
           unnest($14::text[]) AS link, unnest($15::text[]) AS labels, unnest($16::text[]) AS annotations,
           unnest($17::text[]) AS entry_kind, unnest($18::text[]) AS entry_actor, unnest($19::text[]) AS entry_text,
           unnest($20::timestamptz[]) AS closed_at, unnest($21::text[]) AS closed_by,
           unnest($22::timestamptz[]) AS late_at, unnest($23::timestamptz[]) AS late_starts_at,
           unnest($24::timestamptz[]) AS acknowledged_at
) n
