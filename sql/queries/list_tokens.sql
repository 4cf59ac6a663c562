SELECT coalesce(json_agg(json_build_object('name', name, 'role', role, 'created_at', onus_time(created_at),
                                           'expires_at', onus_time(expires_at), 'revoked_at', onus_time(revoked_at))
                         ORDER BY id), '[]')::text
FROM api_tokens
