SELECT id FROM incidents WHERE due_at IS NOT NULL AND due_at <= $1::timestamptz ORDER BY due_at LIMIT $2::bigint
