INSERT INTO chart_revisions (digest, body, path, recorded_at)
VALUES ($1::text, $2::text, $3::text, $4::timestamptz)
ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest
RETURNING revision
