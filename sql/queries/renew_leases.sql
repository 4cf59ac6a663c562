-- Returns those that are still this node's.
UPDATE messages m SET ready_at = $3::timestamptz
FROM unnest($1::bigint[]) AS r(id)
WHERE m.id = r.id AND m.state = 'waiting' AND m.leased_by = $2::text
RETURNING m.id
