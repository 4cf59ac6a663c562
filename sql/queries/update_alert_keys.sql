-- What stands here of an episode ($12: its id, NULL: nothing) is replaced where it is sent, and goes where nothing is to stand.
UPDATE alert_keys k
SET alert_id = n.alert_id, incident_id = n.incident_id, content_hash = n.content_hash, severity = n.severity,
    starts_at = n.starts_at, ends_at = n.ends_at, received_at = n.received_at, last_seen_at = n.last_seen_at,
    expires_at = n.expires_at,
    check_at = CASE WHEN n.ends_at IS NULL AND n.expires_at IS NOT NULL
                    THEN least(CASE WHEN k.alert_id = n.alert_id THEN k.check_at END, n.expires_at) END,
    closed_at = n.closed_at, closed_by = n.closed_by, late_at = n.late_at, late_starts_at = n.late_starts_at,
    acknowledged_at = n.acknowledged_at,
    held = n.held,
    title = CASE WHEN n.held IS NOT NULL THEN coalesce(n.title, k.title) END,
    link = CASE WHEN n.held IS NOT NULL THEN coalesce(n.link, k.link) END,
    labels = CASE WHEN n.held IS NOT NULL THEN coalesce(n.labels::json, k.labels) END,
    annotations = CASE WHEN n.held IS NOT NULL THEN coalesce(n.annotations::json, k.annotations) END,
    entry_kind = CASE n.held WHEN k.held THEN k.entry_kind ELSE n.entry_kind END,
    entry_actor = CASE n.held WHEN k.held THEN k.entry_actor ELSE n.entry_actor END,
    entry_text = CASE n.held WHEN k.held THEN k.entry_text ELSE n.entry_text END
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
WHERE k.source = n.source AND k.key = n.key
