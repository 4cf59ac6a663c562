-- Found, but nobody has acted on it: the node that found it may have died in between. Offered again, a few times.
UPDATE undeliverable_pages u SET offered_at = $1::timestamptz, offers = u.offers + 1
FROM (
    SELECT p.incident_id, p.cause_at, p.reason
    FROM undeliverable_pages p
    JOIN incidents i ON i.id = p.incident_id AND i.state <> 'resolved'
    WHERE NOT p.settled AND p.offered_at <= $2::timestamptz AND p.offers < $3::integer
    ORDER BY p.offered_at
    LIMIT $4::bigint
    FOR UPDATE OF p SKIP LOCKED
) w
WHERE u.incident_id = w.incident_id AND u.cause_at = w.cause_at AND u.reason = w.reason
RETURNING u.incident_id, u.why
