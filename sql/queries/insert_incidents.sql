-- A group that somebody else has just opened fails on incidents_open_group: the batch is decided again.
INSERT INTO incidents (id, state, group_key, group_hash, chart_revision, activity, activity_name, loop, severity, service, title,
                       why, runbook, link, raci, consult, labels, annotations, starts_at, opened_at, acknowledged_at,
                       resolved_at, updated_at, acknowledged_by, contested_by, contested_at, contest_reason, proposed_role,
                       proposed_name, due_at, step, open_alerts, total_alerts, acknowledge_within_us, acknowledge_expires_us,
                       decide_within_us, reopen_after_us, handoff, acknowledged_source, words_alert_id)
SELECT n.id, n.state, n.group_key, n.group_hash, n.chart_revision, n.activity, n.activity_name, n.loop, n.severity, n.service,
       n.title, n.why, n.runbook, n.link, n.raci::json, n.consult, n.labels::json, n.annotations::json, n.starts_at,
       n.opened_at, n.acknowledged_at, n.resolved_at, n.updated_at, n.acknowledged_by, n.contested_by, n.contested_at,
       n.contest_reason, n.proposed_role, n.proposed_name, n.due_at, n.step, n.open_alerts, n.total_alerts,
       n.acknowledge_within_us, n.acknowledge_expires_us, n.decide_within_us, n.reopen_after_us,
       n.handoff::json, n.acknowledged_source, n.words_alert_id
FROM (
    SELECT unnest($1::bigint[]) AS id, unnest($2::text[]) AS state, unnest($3::text[]) AS group_key,
           unnest($4::text[]) AS group_hash, unnest($5::bigint[]) AS chart_revision, unnest($6::text[]) AS activity,
           unnest($7::text[]) AS activity_name, unnest($8::text[]) AS loop, unnest($9::text[]) AS severity,
           unnest($10::text[]) AS service, unnest($11::text[]) AS title, unnest($12::text[]) AS why,
           unnest($13::text[]) AS runbook, unnest($14::text[]) AS link, unnest($15::text[]) AS raci,
           unnest($16::text[]) AS consult, unnest($17::text[]) AS labels, unnest($18::text[]) AS annotations,
           unnest($19::timestamptz[]) AS starts_at, unnest($20::timestamptz[]) AS opened_at,
           unnest($21::timestamptz[]) AS acknowledged_at, unnest($22::timestamptz[]) AS resolved_at,
           unnest($23::timestamptz[]) AS updated_at, unnest($24::text[]) AS acknowledged_by,
           unnest($25::text[]) AS contested_by, unnest($26::timestamptz[]) AS contested_at,
           unnest($27::text[]) AS contest_reason, unnest($28::text[]) AS proposed_role, unnest($29::text[]) AS proposed_name,
           unnest($30::timestamptz[]) AS due_at, unnest($31::integer[]) AS step, unnest($32::integer[]) AS open_alerts,
           unnest($33::integer[]) AS total_alerts, unnest($34::bigint[]) AS acknowledge_within_us,
           unnest($35::bigint[]) AS acknowledge_expires_us, unnest($36::bigint[]) AS decide_within_us,
           unnest($37::bigint[]) AS reopen_after_us, unnest($38::text[]) AS handoff,
           unnest($39::text[]) AS acknowledged_source, unnest($40::bigint[]) AS words_alert_id
) n
