-- Incidents of which an alert has just ended or says something else: whoever gave the incident its words gives them as they are
-- now; where that one has ended, the worst of what still fires does. A runbook of the chart's row stays.
UPDATE incidents i
SET title = f.title, link = f.link, labels = f.labels, annotations = f.annotations, words_alert_id = f.alert_id,
    runbook = CASE WHEN i.runbook NOT IN ('', coalesce(i.annotations ->> 'runbook_url', '')) THEN i.runbook
                   WHEN f.annotations ->> 'runbook_url' ~ '^https?://' THEN f.annotations ->> 'runbook_url'
                   ELSE '' END
FROM incidents w
CROSS JOIN LATERAL (
    SELECT k.alert_id, k.title, k.link, k.labels, k.annotations
    FROM alert_keys k
    WHERE k.incident_id = w.id AND k.held IS NOT NULL AND k.ends_at IS NULL
    ORDER BY k.alert_id IS DISTINCT FROM w.words_alert_id, array_position(ARRAY['critical', 'warning', 'info'], k.severity),
             k.starts_at, k.alert_id
    LIMIT 1
) f
WHERE w.id = ANY ($1::bigint[]) AND w.state <> 'resolved' AND i.id = w.id
  AND (i.words_alert_id IS DISTINCT FROM f.alert_id OR i.title <> f.title OR i.link <> f.link
       OR i.labels::jsonb <> f.labels::jsonb OR i.annotations::jsonb <> f.annotations::jsonb)
