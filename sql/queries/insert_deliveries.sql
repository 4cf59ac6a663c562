-- A delivery that another node has committed meanwhile fails on the primary key.
INSERT INTO seen_deliveries (digest, seen_at)
SELECT DISTINCT d.digest, $2::timestamptz FROM unnest($1::text[]) AS d(digest)
