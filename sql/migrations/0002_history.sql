-- History in monthly partitions: made ahead, dropped whole, never bulk-deleted. Each table has a _rest partition, so
-- that an insert never fails for want of a month; making a month takes over what has landed there.

CREATE TABLE alerts (
    id bigint PRIMARY KEY,
    incident_id bigint,
    source text NOT NULL,
    key text NOT NULL,
    severity text NOT NULL,
    received_at timestamptz NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    title text NOT NULL,
    link text NOT NULL,
    labels json NOT NULL,
    annotations json NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX alerts_incident ON alerts (incident_id);
CREATE TABLE alerts_rest PARTITION OF alerts DEFAULT;

CREATE TABLE timeline (
    id bigint NOT NULL DEFAULT nextval('timeline_ids'),
    incident_id bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    text text NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX timeline_incident ON timeline (incident_id);
CREATE TABLE timeline_rest PARTITION OF timeline DEFAULT;

-- The outbox and its history. state: waiting, delivered, gave_up. A waiting message may be claimed from ready_at on: its
-- next_at, or the end of the lease while a node (leased_by) has it in hand.
CREATE TABLE messages (
    id bigint PRIMARY KEY,
    incident_id bigint NOT NULL,
    letter text NOT NULL,
    reason text NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    role_name text NOT NULL,
    team_name text NOT NULL,
    actor text NOT NULL,
    note text NOT NULL,
    first boolean NOT NULL,
    is_page boolean NOT NULL,
    created_at timestamptz NOT NULL,
    not_before timestamptz,
    expires_at timestamptz,
    state text NOT NULL DEFAULT 'waiting',
    next_at timestamptz NOT NULL,
    ready_at timestamptz NOT NULL,
    leased_by text,
    attempts integer NOT NULL DEFAULT 0,
    attempted_at timestamptz,
    log jsonb NOT NULL DEFAULT '[]' -- the attempts: at, verdict, status, detail, took_ms
) PARTITION BY RANGE (id);
CREATE INDEX messages_incident ON messages (incident_id);
CREATE INDEX messages_ready ON messages (is_page, ready_at) WHERE state = 'waiting';
CREATE INDEX messages_leased ON messages (leased_by) WHERE state = 'waiting' AND leased_by IS NOT NULL;
CREATE TABLE messages_rest PARTITION OF messages DEFAULT;

-- An incident's timeline: what was written down, and whom it reached, which the messages know by themselves.
CREATE VIEW incident_timeline AS
SELECT incident_id, id, at, kind, actor, text FROM timeline
UNION ALL
SELECT incident_id, id, attempted_at, state, 'onus',
       CASE state WHEN 'delivered' THEN 'told ' ELSE 'gave up telling ' END || role_name || ' (' || letter || ', '
       || replace(reason, '_', ' ') || ') by ' || channel || CASE address WHEN '' THEN '' ELSE ':' || address END
       || CASE state WHEN 'delivered' THEN '' ELSE ': ' || coalesce(log -> -1 ->> 'detail', '') END
FROM messages
WHERE state <> 'waiting' AND attempted_at IS NOT NULL;

-- The beginning of the month that lies `ahead` months from t.
CREATE FUNCTION onus_month_start(t timestamptz, ahead integer) RETURNS timestamptz LANGUAGE sql IMMUTABLE
RETURN (date_trunc('month', t AT TIME ZONE 'UTC') + ahead * interval '1 month') AT TIME ZONE 'UTC';

-- Makes one month of one table; false when it is there. Attaching, unlike CREATE … PARTITION OF, does not stop writers of
-- the other months.
CREATE FUNCTION onus_make_partition(parent text, month_start timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    part text := parent || '_' || to_char(month_start AT TIME ZONE 'UTC', 'YYYY_MM');
    over_column text := CASE parent WHEN 'timeline' THEN 'at' ELSE 'id' END;
    low text := CASE parent WHEN 'timeline' THEN month_start::text ELSE (onus_month(month_start) << 40)::text END;
    high text := CASE parent WHEN 'timeline' THEN onus_month_start(month_start, 1)::text
                             ELSE ((onus_month(month_start) + 1) << 40)::text END;
BEGIN
    IF to_regclass(quote_ident(part)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s, autovacuum_vacuum_scale_factor = 0.05)',
                   part, parent, CASE parent WHEN 'messages' THEN 80 ELSE 95 END);
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                   parent || '_rest', over_column, low, over_column, high, part);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part, low, high);
    RETURN true;
END
$$;

-- This month and `ahead` more, of every table. Returns how many were made.
CREATE FUNCTION onus_make_partitions(t timestamptz, ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    made integer := 0;
BEGIN
    FOR n IN 0..ahead LOOP
        FOREACH parent IN ARRAY ARRAY['alerts', 'timeline', 'messages'] LOOP
            IF onus_make_partition(parent, onus_month_start(t, n)) THEN
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

-- Drops the oldest partition that lies wholly before the cutoff and holds nothing that still matters: no row of an open
-- incident, no message that waits. Returns its name; NULL when there is none.
CREATE FUNCTION onus_drop_partition(cutoff timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    part record;
    kept boolean;
BEGIN
    FOR part IN
        SELECT p.relname AS parent, c.relname AS name, (to_date(right(c.relname, 7), 'YYYY_MM'))::timestamp AT TIME ZONE 'UTC' AS month_start
        FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_class c ON c.oid = h.inhrelid
        WHERE p.oid IN ('alerts'::regclass, 'timeline'::regclass, 'messages'::regclass) AND c.relname ~ '_[0-9]{4}_[0-9]{2}$'
        ORDER BY right(c.relname, 7), c.relname
    LOOP
        CONTINUE WHEN onus_month_start(part.month_start, 1) > cutoff;
        EXECUTE format('SELECT EXISTS (SELECT FROM incidents i WHERE i.state <> ''resolved'' AND '
                       'EXISTS (SELECT FROM %I h WHERE h.incident_id = i.id))', part.name) INTO kept;
        IF NOT kept AND part.parent = 'messages' THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE state = ''waiting'')', part.name) INTO kept;
        END IF;
        IF NOT kept THEN
            EXECUTE format('DROP TABLE %I', part.name);
            RETURN part.name;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
