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

-- What an older node that still runs does not know: a held episode that a new one is written over, or whose key is removed,
-- goes to history. (Texts that such a node changes while the alert is open are not held anew before they change again.)
CREATE FUNCTION onus_keep_episode() RETURNS trigger LANGUAGE plpgsql AS $$
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
EXECUTE FUNCTION onus_keep_episode();
CREATE TRIGGER alert_keys_removed AFTER DELETE ON alert_keys FOR EACH ROW
WHEN (OLD.held = OLD.alert_id)
EXECUTE FUNCTION onus_keep_episode();

-- Has this partition a row of an open incident, or a message that waits?
CREATE FUNCTION onus_is_needed(part text, parent text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    needed boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM incidents i WHERE i.state <> ''resolved'' AND '
                   'EXISTS (SELECT FROM %I h WHERE h.incident_id = i.id))', part) INTO needed;
    IF NOT needed AND parent = 'messages' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE state = ''waiting'')', part) INTO needed;
    END IF;
    RETURN needed;
END
$$;

-- An episode that ends is written into the month of its beginning, perhaps while that is dropped: looked at once more when
-- nobody can write any more.
CREATE OR REPLACE FUNCTION onus_drop_partition(cutoff timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT p.relname AS parent, c.relname AS name, (to_date(right(c.relname, 7), 'YYYY_MM'))::timestamp AT TIME ZONE 'UTC' AS month_start
        FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_class c ON c.oid = h.inhrelid
        WHERE p.oid IN ('alerts'::regclass, 'timeline'::regclass, 'messages'::regclass) AND c.relname ~ '_[0-9]{4}_[0-9]{2}$'
        ORDER BY right(c.relname, 7), c.relname
    LOOP
        CONTINUE WHEN onus_month_start(part.month_start, 1) > cutoff OR onus_is_needed(part.name, part.parent);
        EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', part.parent);
        CONTINUE WHEN onus_is_needed(part.name, part.parent);
        EXECUTE format('DROP TABLE %I', part.name);
        RETURN part.name;
    END LOOP;
    RETURN NULL;
END
$$;

-- Nobody needs it: open incidents are found by their groups.
DROP INDEX incidents_open;
