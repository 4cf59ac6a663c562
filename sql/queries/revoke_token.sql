UPDATE api_tokens SET revoked_at = $2::timestamptz WHERE name = $1::text AND revoked_at IS NULL RETURNING id
