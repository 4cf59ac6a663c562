-- A stop in order: nobody needs to find out.
DELETE FROM nodes WHERE name = $1::text
