-- The incidents are locked. JSON is sent only where it has changed.
UPDATE incidents i
SET state = n.state, chart_revision = n.chart_revision, activity = n.activity, activity_name = n.activity_name, loop = n.loop,
    severity = n.severity, service = n.service, title = n.title, why = n.why, runbook = n.runbook, link = n.link,
    raci = coalesce(n.raci::json, i.raci), consult = n.consult, labels = coalesce(n.labels::json, i.labels),
    annotations = coalesce(n.annotations::json, i.annotations), starts_at = n.starts_at, opened_at = n.opened_at,
    acknowledged_at = n.acknowledged_at, resolved_at = n.resolved_at, updated_at = n.updated_at,
    acknowledged_by = n.acknowledged_by, contested_by = n.contested_by, contested_at = n.contested_at,
    contest_reason = n.contest_reason, proposed_role = n.proposed_role, proposed_name = n.proposed_name, due_at = n.due_at,
    step = n.step, open_alerts = n.open_alerts, total_alerts = n.total_alerts,
    acknowledge_within_us = n.acknowledge_within_us, acknowledge_expires_us = n.acknowledge_expires_us,
    decide_within_us = n.decide_within_us, reopen_after_us = n.reopen_after_us,
    handoff = coalesce(n.handoff::json, i.handoff), acknowledged_source = n.acknowledged_source,
    words_alert_id = n.words_alert_id
FROM (
    SELECT unnest($1::bigint[]) AS id, unnest($2::text[]) AS state, unnest($3::bigint[]) AS chart_revision,
           unnest($4::text[]) AS activity, unnest($5::text[]) AS activity_name, unnest($6::text[]) AS loop,
           unnest($7::text[]) AS severity, unnest($8::text[]) AS service, unnest($9::text[]) AS title,
           unnest($10::text[]) AS why, unnest($11::text[]) AS runbook, unnest($12::text[]) AS link,
           unnest($13::text[]) AS raci, unnest($14::text[]) AS consult, unnest($15::text[]) AS labels,
           unnest($16::text[]) AS annotations, unnest($17::timestamptz[]) AS starts_at,
           unnest($18::timestamptz[]) AS opened_at, unnest($19::timestamptz[]) AS acknowledged_at,
           unnest($20::timestamptz[]) AS resolved_at, unnest($21::timestamptz[]) AS updated_at,
           unnest($22::text[]) AS acknowledged_by, unnest($23::text[]) AS contested_by,
           unnest($24::timestamptz[]) AS contested_at, unnest($25::text[]) AS contest_reason,
           unnest($26::text[]) AS proposed_role, unnest($27::text[]) AS proposed_name,
           unnest($28::timestamptz[]) AS due_at, unnest($29::integer[]) AS step,
           unnest($30::integer[]) AS open_alerts, unnest($31::integer[]) AS total_alerts,
           unnest($32::bigint[]) AS acknowledge_within_us, unnest($33::bigint[]) AS acknowledge_expires_us,
           unnest($34::bigint[]) AS decide_within_us, unnest($35::bigint[]) AS reopen_after_us,
           unnest($36::text[]) AS handoff, unnest($37::text[]) AS acknowledged_source,
           unnest($38::bigint[]) AS words_alert_id
) n
WHERE i.id = n.id
