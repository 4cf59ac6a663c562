-- Episodes that ended after their month had been dropped, once their incident has ended as well.
WITH gone AS (
    DELETE FROM alerts_rest a
    WHERE a.id IN (
        SELECT r.id FROM alerts_rest r
        WHERE r.id < onus_month(onus_month_start($1::timestamptz, -$2::integer)) << 40
          AND NOT EXISTS (SELECT FROM incidents i WHERE i.id = r.incident_id AND i.state <> 'resolved')
        ORDER BY r.id
        LIMIT $3::bigint)
    RETURNING a.id
)
SELECT count(*) FROM gone
