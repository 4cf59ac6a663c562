WITH gone AS (
    DELETE FROM seen_deliveries s
    USING (SELECT digest FROM seen_deliveries WHERE seen_at < $1::timestamptz ORDER BY seen_at LIMIT $2::bigint) old
    WHERE s.digest = old.digest
    RETURNING s.digest
)
SELECT count(*) FROM gone
