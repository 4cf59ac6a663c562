-- Records attempts: outcome, log, next try, thread, timeline. What is delivered stays delivered, an attempt that is
-- recorded already is not recorded again, and a node that lost its lease does not take it from the next.
-- $9: this node; $10: attempts that a log keeps.
WITH results AS (
    SELECT r.*
    FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[],
                $8::text[])
         AS r(id, verdict, status, detail, took_us, at, next_at, thread)
),
done AS (
    UPDATE messages m
    SET state = CASE r.verdict WHEN 'try_later' THEN m.state ELSE r.verdict END,
        attempts = m.attempts + 1,
        attempted_at = r.at,
        log = CASE WHEN jsonb_array_length(m.log) >= $10::integer THEN m.log - 1 ELSE m.log END
              || jsonb_build_object('at', onus_time(r.at), 'verdict', r.verdict, 'status', r.status, 'detail', r.detail,
                                    'took_ms', r.took_us / 1000),
        next_at = CASE WHEN r.verdict = 'try_later' AND coalesce(m.leased_by, $9::text) = $9::text
                       THEN coalesce(r.next_at, r.at) ELSE m.next_at END,
        ready_at = CASE WHEN r.verdict = 'try_later' AND coalesce(m.leased_by, $9::text) = $9::text
                        THEN coalesce(r.next_at, r.at) ELSE m.ready_at END,
        leased_by = CASE WHEN r.verdict = 'try_later' AND m.leased_by <> $9::text THEN m.leased_by END
    FROM results r
    WHERE m.id = r.id AND m.attempted_at IS DISTINCT FROM r.at
      AND (m.state = 'waiting' OR (m.state = 'gave_up' AND r.verdict = 'delivered'))
    RETURNING m.id, m.incident_id, m.letter, m.reason, m.channel, m.address, m.role_name, m.created_at, m.is_page,
              r.verdict, r.detail, r.at, r.thread
),
told AS (
    INSERT INTO timeline (incident_id, at, kind, actor, text)
    SELECT d.incident_id, d.at, d.verdict, 'onus',
           CASE d.verdict WHEN 'delivered' THEN 'told ' ELSE 'gave up telling ' END || d.role_name || ' (' || d.letter || ', '
           || replace(d.reason, '_', ' ') || ') by ' || d.channel || CASE d.address WHEN '' THEN '' ELSE ':' || d.address END
           || CASE d.verdict WHEN 'delivered' THEN '' ELSE ': ' || d.detail END
    FROM done d
    WHERE d.verdict <> 'try_later'
    ORDER BY d.at, d.id
),
threaded AS (
    INSERT INTO threads (incident_id, channel, address, ref, updated_at)
    SELECT DISTINCT ON (d.incident_id, d.channel, d.address) d.incident_id, d.channel, d.address, d.thread, d.at
    FROM done d
    WHERE d.thread IS NOT NULL
    ORDER BY d.incident_id, d.channel, d.address, d.at DESC
    ON CONFLICT (incident_id, channel, address) DO UPDATE SET ref = excluded.ref, updated_at = excluded.updated_at
)
SELECT count(*) FROM done
