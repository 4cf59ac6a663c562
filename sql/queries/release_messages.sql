-- Gives messages back, ready at once or ($3) from a time on. No attempt was made.
UPDATE messages m SET next_at = coalesce(r.at, m.next_at), ready_at = coalesce(r.at, m.next_at), leased_by = NULL
FROM (SELECT unnest($1::bigint[]) AS id, unnest($3::timestamptz[]) AS at) r
WHERE m.id = r.id AND m.state = 'waiting' AND m.leased_by = $2::text
