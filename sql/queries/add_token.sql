INSERT INTO api_tokens (name, digest, role, created_at, expires_at) VALUES ($1::text, $2::text, $3::text, $4::timestamptz, $5::timestamptz)
