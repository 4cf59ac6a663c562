-- Before a page to Responsible is given up: two nodes that give up the last two contacts must see each other.
SELECT i.id
FROM (SELECT DISTINCT m.incident_id AS id FROM unnest($1::bigint[]) AS r(id) JOIN messages m ON m.id = r.id) w
JOIN incidents i ON i.id = w.id
ORDER BY i.id
FOR UPDATE OF i
