-- Ended so long ago that no late delivery can speak of it.
WITH gone AS (
    DELETE FROM alert_keys k
    USING (
        SELECT source, key FROM alert_keys WHERE ends_at IS NOT NULL AND ends_at < $1::timestamptz
        ORDER BY ends_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED
    ) old
    WHERE k.source = old.source AND k.key = old.key
    RETURNING k.alert_id
)
SELECT count(*) FROM gone
