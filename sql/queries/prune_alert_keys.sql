-- Ended so long ago that no late delivery can speak of it. What an older node has ended and left here goes to history.
WITH gone AS (
    DELETE FROM alert_keys k
    USING (
        SELECT source, key FROM alert_keys WHERE ends_at IS NOT NULL AND ends_at < $1::timestamptz
        ORDER BY ends_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED
    ) old
    WHERE k.source = old.source AND k.key = old.key
    RETURNING k.*
),
kept AS (
    INSERT INTO alerts (id, incident_id, source, key, severity, received_at, starts_at, ends_at, title, link, labels,
                        annotations, entry_kind, entry_actor, entry_text)
    SELECT g.alert_id, g.incident_id, g.source, g.key, g.severity, g.received_at, g.starts_at, g.ends_at, g.title, g.link,
           g.labels, g.annotations, g.entry_kind, g.entry_actor, g.entry_text
    FROM gone g
    WHERE g.held = g.alert_id
)
SELECT count(*) FROM gone
