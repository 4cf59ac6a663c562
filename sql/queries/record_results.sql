-- Records attempts: outcome, log, next try, thread. What is delivered stays delivered, an attempt that is
-- recorded already is not recorded again, and a node that lost its lease does not take it from the next.
-- $7: this node; $8: attempts that a log keeps.
WITH results AS (
    SELECT unnest($1::bigint[]) AS id, unnest($2::text[]) AS verdict, unnest($3::text[]) AS attempt,
           unnest($4::timestamptz[]) AS at, unnest($5::timestamptz[]) AS next_at, unnest($6::text[]) AS thread
),
done AS (
    UPDATE messages m
    SET state = CASE r.verdict WHEN 'try_later' THEN m.state ELSE r.verdict END,
        attempts = m.attempts + 1,
        attempted_at = r.at,
        log = CASE WHEN jsonb_array_length(m.log) >= $8::integer THEN m.log - 1 ELSE m.log END
              || r.attempt::jsonb,
        next_at = CASE WHEN r.verdict = 'try_later' AND coalesce(m.leased_by, $7::text) = $7::text
                       THEN coalesce(r.next_at, r.at) ELSE m.next_at END,
        ready_at = CASE WHEN r.verdict = 'try_later' AND coalesce(m.leased_by, $7::text) = $7::text
                        THEN coalesce(r.next_at, r.at) ELSE m.ready_at END,
        leased_by = CASE WHEN r.verdict = 'try_later' AND m.leased_by <> $7::text THEN m.leased_by END
    FROM results r
    WHERE m.id = r.id AND m.attempted_at IS DISTINCT FROM r.at
      AND (m.state = 'waiting' OR (m.state = 'gave_up' AND r.verdict = 'delivered'))
    RETURNING m.incident_id, m.channel, m.address, r.at, r.thread
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
