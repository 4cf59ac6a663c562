-- Gives back what commits of unknown outcome have leased to this node, which does not hold it: they became real after all.
-- $1 this node, $2 the ends of their leases, which tell them from what is in hand.
UPDATE messages m SET ready_at = m.next_at, leased_by = NULL
WHERE m.state = 'waiting' AND m.leased_by = $1::text AND m.ready_at = ANY ($2::timestamptz[])
RETURNING m.id
