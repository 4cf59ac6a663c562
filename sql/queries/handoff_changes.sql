-- What has changed after $1, in the order of the commits.
SELECT e.serial, h.model, h.version, e.state, e.at, e.actor, h.summary
FROM handoff_events e
JOIN handoffs h ON h.id = e.handoff_id
WHERE e.serial > $1::bigint
ORDER BY e.serial
