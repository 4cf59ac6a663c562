-- A contest is written when it begins and again when it is decided. The incidents are locked.
INSERT INTO contests (incident_id, contested_at, activity, chart_revision, loop, service, labels, role, role_name, team, team_name,
                      contested_by, reason, proposed_role, decision, decided_at, decided_by, decision_reason, moved_to_role,
                      moved_to_role_name, moved_to_team, moved_to_team_name)
SELECT n.incident_id, n.contested_at, n.activity, n.chart_revision, n.loop, n.service, n.labels::json, n.role, n.role_name,
       n.team, n.team_name, n.contested_by, n.reason, n.proposed_role, n.decision, n.decided_at, n.decided_by,
       n.decision_reason, n.moved_to_role, n.moved_to_role_name, n.moved_to_team, n.moved_to_team_name
FROM (
    SELECT unnest($1::bigint[]) AS incident_id, unnest($2::timestamptz[]) AS contested_at, unnest($3::text[]) AS activity,
           unnest($4::bigint[]) AS chart_revision, unnest($5::text[]) AS loop, unnest($6::text[]) AS service,
           unnest($7::text[]) AS labels, unnest($8::text[]) AS role, unnest($9::text[]) AS role_name,
           unnest($10::text[]) AS team, unnest($11::text[]) AS team_name, unnest($12::text[]) AS contested_by,
           unnest($13::text[]) AS reason, unnest($14::text[]) AS proposed_role, unnest($15::text[]) AS decision,
           unnest($16::timestamptz[]) AS decided_at, unnest($17::text[]) AS decided_by,
           unnest($18::text[]) AS decision_reason, unnest($19::text[]) AS moved_to_role,
           unnest($20::text[]) AS moved_to_role_name, unnest($21::text[]) AS moved_to_team,
           unnest($22::text[]) AS moved_to_team_name
) n
ON CONFLICT (incident_id, contested_at) DO UPDATE
SET proposed_role = excluded.proposed_role, decision = excluded.decision, decided_at = excluded.decided_at,
    decided_by = excluded.decided_by, decision_reason = excluded.decision_reason, moved_to_role = excluded.moved_to_role,
    moved_to_role_name = excluded.moved_to_role_name, moved_to_team = excluded.moved_to_team,
    moved_to_team_name = excluded.moved_to_team_name
