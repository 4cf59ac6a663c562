-- What the timeline says of an alert's coming stands in the alert's row: most events are alerts that open or join an incident,
-- and each would be a row and an index entry more.
ALTER TABLE alerts ADD COLUMN entry_kind text, ADD COLUMN entry_actor text, ADD COLUMN entry_text text;

-- What was written down, what came with an alert, and whom it reached, which the messages know by themselves. `place` is
-- the order of what happened in one commit: an alert comes, something follows from it, people are told.
CREATE OR REPLACE VIEW incident_timeline AS
SELECT incident_id, id, at, kind, actor, text, 1 AS place FROM timeline
UNION ALL
SELECT incident_id, id, received_at, entry_kind, entry_actor, entry_text, 0 FROM alerts WHERE entry_kind IS NOT NULL
UNION ALL
SELECT incident_id, id, attempted_at, state, 'onus',
       CASE state WHEN 'delivered' THEN 'told ' ELSE 'gave up telling ' END || role_name || ' (' || letter || ', '
       || replace(reason, '_', ' ') || ') by ' || channel || CASE address WHEN '' THEN '' ELSE ':' || address END
       || CASE state WHEN 'delivered' THEN '' ELSE ': ' || coalesce(log -> -1 ->> 'detail', '') END, 2
FROM messages
WHERE state <> 'waiting' AND attempted_at IS NOT NULL;
