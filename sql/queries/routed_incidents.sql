-- What a row edit is sought in, and replayed on: $1 since, $2 until, $3 how many at most; those that were moved first, then
-- the newest.
SELECT c.incident_id, c.activity, coalesce(c.moved_to, '') AS moved_to, i.labels::text AS labels,
       i.handoff::text AS handoff
FROM onus_cases($1::timestamptz, $2::timestamptz) c
JOIN incidents i ON i.id = c.incident_id
ORDER BY c.moved_to IS NULL, c.incident_id DESC
LIMIT $3::bigint
