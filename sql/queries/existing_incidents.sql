-- Which of these has retention not removed?
SELECT i.id
FROM unnest($1::bigint[]) AS w(id)
JOIN incidents i ON i.id = w.id
