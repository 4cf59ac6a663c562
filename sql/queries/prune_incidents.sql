-- Ended before the month that retention keeps, with nothing waiting.
WITH gone AS (
    DELETE FROM incidents i
    WHERE i.id IN (
        SELECT o.id FROM incidents o
        WHERE o.state = 'resolved' AND o.resolved_at < onus_month_start($1::timestamptz, -$2::integer)
          AND NOT EXISTS (SELECT FROM messages m WHERE m.incident_id = o.id AND m.state = 'waiting')
        ORDER BY o.resolved_at
        LIMIT $3::bigint
        FOR UPDATE SKIP LOCKED)
    RETURNING i.id
),
no_threads AS (
    DELETE FROM threads t USING gone WHERE t.incident_id = gone.id
),
no_contests AS (
    DELETE FROM contests c USING gone WHERE c.incident_id = gone.id
),
no_undeliverable AS (
    DELETE FROM undeliverable_pages u USING gone WHERE u.incident_id = gone.id
)
SELECT count(*) FROM gone
