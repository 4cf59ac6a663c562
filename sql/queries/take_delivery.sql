-- Returns a row the first time only.
INSERT INTO seen_deliveries (digest, seen_at) VALUES ($1::text, $2::timestamptz)
ON CONFLICT DO NOTHING
RETURNING true AS first
