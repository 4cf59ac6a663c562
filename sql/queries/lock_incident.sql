-- One incident, locked against every other writer; load_whole_incidents has what it holds.
SELECT i.id
FROM incidents i
WHERE i.id = $1::bigint
FOR UPDATE
