SELECT name, role FROM api_tokens
WHERE digest = $1::text AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2::timestamptz)
