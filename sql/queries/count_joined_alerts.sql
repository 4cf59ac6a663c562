-- As count_incident_alerts, for incidents that are remembered and not locked: unless every row still has the version that is
-- remembered of it ($7; any change gives another), and handoffs are as they were ($9), the commit is a conflict.
-- $8: how many incidents.
WITH n AS (
    SELECT unnest($1::bigint[]) AS id, unnest($2::text[]) AS severity, unnest($3::timestamptz[]) AS starts_at,
           unnest($4::timestamptz[]) AS updated_at, unnest($5::integer[]) AS open_alerts, unnest($6::integer[]) AS total_alerts,
           unnest($7::integer[]) AS version
),
done AS (
    UPDATE incidents i
    SET severity = n.severity, starts_at = n.starts_at, updated_at = n.updated_at, open_alerts = n.open_alerts,
        total_alerts = n.total_alerts
    FROM n
    WHERE i.id = n.id AND i.xmin = n.version
    RETURNING i.id, i.xmin AS version
)
SELECT d.id, d.version FROM done d
UNION ALL
SELECT NULL, NULL
WHERE onus_expect((SELECT count(*) FROM done) = $8::integer AND (SELECT serial FROM handoff_serial) <= $9::bigint)
