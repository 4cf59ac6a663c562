-- One row a delivery id, in their order.
SELECT EXISTS (SELECT FROM seen_deliveries s WHERE s.digest = d.digest) AS seen
FROM unnest($1::text[]) WITH ORDINALITY AS d(digest, place)
ORDER BY d.place
