-- The incidents are locked. Alerts have joined or left, and nothing else has changed. Gives the rows' new versions.
UPDATE incidents i
SET severity = n.severity, starts_at = n.starts_at, updated_at = n.updated_at, open_alerts = n.open_alerts,
    total_alerts = n.total_alerts
FROM (
    SELECT unnest($1::bigint[]) AS id, unnest($2::text[]) AS severity, unnest($3::timestamptz[]) AS starts_at,
           unnest($4::timestamptz[]) AS updated_at, unnest($5::integer[]) AS open_alerts, unnest($6::integer[]) AS total_alerts
) n
WHERE i.id = n.id
RETURNING i.id, i.xmin AS version
