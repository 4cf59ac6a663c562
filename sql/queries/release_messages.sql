UPDATE messages m SET ready_at = m.next_at, leased_by = NULL
FROM unnest($1::bigint[]) AS r(id)
WHERE m.id = r.id AND m.state = 'waiting' AND m.leased_by = $2::text
