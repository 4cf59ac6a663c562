-- Of the pages to Responsible that these results gave up: the causes of which no contact was reached or is still tried.
-- Runs under the incidents' locks, after record_results. Each cause is returned once, ever.
INSERT INTO undeliverable_pages (incident_id, cause_at, reason, why, offered_at)
SELECT c.incident_id, c.created_at, c.reason,
       (SELECT string_agg(m.channel || CASE m.address WHEN '' THEN '' ELSE ':' || m.address END || ': '
                          || coalesce(nullif(m.log -> -1 ->> 'detail', ''), 'given up'), '; ' ORDER BY m.id)
        FROM messages m
        WHERE m.incident_id = c.incident_id AND m.created_at = c.created_at AND m.reason = c.reason
          AND m.letter = 'responsible' AND m.is_page),
       $2::timestamptz
FROM (
    SELECT DISTINCT m.incident_id, m.created_at, m.reason
    FROM unnest($1::bigint[]) AS r(id)
    JOIN messages m ON m.id = r.id
    WHERE m.state = 'gave_up' AND m.letter = 'responsible' AND m.is_page
) c
WHERE NOT EXISTS (
    SELECT FROM messages o
    WHERE o.incident_id = c.incident_id AND o.created_at = c.created_at AND o.reason = c.reason
      AND o.letter = 'responsible' AND o.is_page AND o.state <> 'gave_up')
ON CONFLICT DO NOTHING
RETURNING incident_id, why
