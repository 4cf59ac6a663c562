-- Numbers for the incidents that a batch may open: one for each group that has none open. Taken at the moment of opening,
-- so that numbers follow time on all nodes.
SELECT nextval('incident_ids')
FROM unnest($1::text[]) AS g(hash)
WHERE NOT EXISTS (SELECT FROM incidents i WHERE i.group_hash = g.hash AND i.state <> 'resolved')
