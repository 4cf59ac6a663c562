-- The episodes that opened, joined or reopened an incident since $1, oldest first; fetch_recorded_events reads on. A cursor,
-- so that the server sorts once for all pages, and every page shows the same moment. An id names its month, so that older
-- partitions are not looked at. What retention has removed has no activity any more.
DECLARE recorded_events NO SCROLL CURSOR FOR
SELECT a.source, a.key, a.labels, a.severity, a.title, a.starts_at, a.received_at, a.ends_at, a.incident_id,
       coalesce(i.activity, '') AS activity
FROM episodes a
LEFT JOIN incidents i ON i.id = a.incident_id
WHERE a.id >= (onus_month($1::timestamptz) << 40) AND a.received_at >= $1::timestamptz AND a.incident_id IS NOT NULL
ORDER BY a.received_at, a.id
