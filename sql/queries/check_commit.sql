INSERT INTO commit_checks (node, at, filler) VALUES ($1::text, $2::timestamptz, repeat('.', 420))
RETURNING pg_relation_size('commit_checks') AS bytes
