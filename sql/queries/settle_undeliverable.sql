-- The timeline now says that Accountable was told.
UPDATE undeliverable_pages u SET settled = true
FROM unnest($1::bigint[]) AS s(id)
WHERE u.incident_id = s.id AND NOT u.settled
