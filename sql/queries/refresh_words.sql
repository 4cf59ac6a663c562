-- Incidents that go on though alerts of theirs have just ended: where one of those gave the incident its words, the worst of what
-- still fires gives them now. A runbook of the chart's row stays.
WITH speechless AS MATERIALIZED (
    SELECT i.id
    FROM incidents i
    WHERE i.id = ANY ($1::bigint[]) AND i.state <> 'resolved'
      AND NOT EXISTS (SELECT FROM alert_keys k WHERE k.alert_id = i.words_alert_id AND k.ends_at IS NULL)
)
UPDATE incidents i
SET title = f.title, link = f.link, labels = f.labels, annotations = f.annotations, words_alert_id = f.alert_id,
    runbook = CASE WHEN i.runbook NOT IN ('', coalesce(i.annotations ->> 'runbook_url', '')) THEN i.runbook
                   WHEN f.annotations ->> 'runbook_url' ~ '^https?://' THEN f.annotations ->> 'runbook_url'
                   ELSE '' END
FROM speechless s
CROSS JOIN LATERAL (
    SELECT k.alert_id, k.title, k.link, k.labels, k.annotations
    FROM alert_keys k
    WHERE k.incident_id = s.id AND k.held IS NOT NULL AND k.ends_at IS NULL
    ORDER BY array_position(ARRAY['critical', 'warning', 'info'], k.severity), k.starts_at, k.alert_id
    LIMIT 1
) f
WHERE i.id = s.id
