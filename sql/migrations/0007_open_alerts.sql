-- An open alert stands whole in its row of alert_keys, and history (alerts) has it from its end on: one row less for each
-- alert that comes.
ALTER TABLE alert_keys
    ADD COLUMN held bigint, -- the episode whose texts and labels stand here; NULL: alerts has them
    ADD COLUMN title text,
    ADD COLUMN link text,
    ADD COLUMN labels json,
    ADD COLUMN annotations json,
    ADD COLUMN entry_kind text,
    ADD COLUMN entry_actor text,
    ADD COLUMN entry_text text;
CREATE INDEX alert_keys_held ON alert_keys (incident_id) WHERE held IS NOT NULL;

-- Every episode, wherever it stands.
CREATE VIEW episodes AS
SELECT id, incident_id, source, key, severity, received_at, starts_at, ends_at, title, link, labels, annotations,
       entry_kind, entry_actor, entry_text
FROM alerts
UNION ALL
SELECT alert_id, incident_id, source, key, severity, received_at, starts_at, ends_at, title, link, labels, annotations,
       entry_kind, entry_actor, entry_text
FROM alert_keys
WHERE held = alert_id;

CREATE OR REPLACE VIEW incident_timeline AS
SELECT incident_id, id, at, kind, actor, text, 1 AS place FROM timeline
UNION ALL
SELECT incident_id, id, received_at, entry_kind, entry_actor, entry_text, 0 FROM episodes WHERE entry_kind IS NOT NULL
UNION ALL
SELECT incident_id, id, attempted_at, state, 'onus',
       CASE state WHEN 'delivered' THEN 'told ' ELSE 'gave up telling ' END || role_name || ' (' || letter || ', '
       || replace(reason, '_', ' ') || ') by ' || channel || CASE address WHEN '' THEN '' ELSE ':' || address END
       || CASE state WHEN 'delivered' THEN '' ELSE ': ' || coalesce(log -> -1 ->> 'detail', '') END, 2
FROM messages
WHERE state <> 'waiting' AND attempted_at IS NOT NULL;

-- An older node that still runs writes a new episode over one that is held here, and does not know of the texts.
CREATE FUNCTION onus_keep_replaced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO alerts (id, incident_id, source, key, severity, received_at, starts_at, ends_at, title, link, labels,
                        annotations, entry_kind, entry_actor, entry_text)
    VALUES (OLD.alert_id, OLD.incident_id, OLD.source, OLD.key, OLD.severity, OLD.received_at, OLD.starts_at, OLD.ends_at,
            OLD.title, OLD.link, OLD.labels, OLD.annotations, OLD.entry_kind, OLD.entry_actor, OLD.entry_text);
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_keys_replaced AFTER UPDATE ON alert_keys FOR EACH ROW
WHEN (OLD.held = OLD.alert_id AND NEW.held = OLD.held AND NEW.alert_id <> OLD.alert_id)
EXECUTE FUNCTION onus_keep_replaced();

-- Nobody needs it: open incidents are found by their groups.
DROP INDEX incidents_open;
