-- The incidents are locked. raci is sent only where it has changed.
UPDATE incidents i
SET state = n.state, chart_revision = n.chart_revision, activity = n.activity, activity_name = n.activity_name, loop = n.loop,
    severity = n.severity, service = n.service, title = n.title, why = n.why, runbook = n.runbook, link = n.link,
    raci = coalesce(n.raci::jsonb, i.raci), consult = n.consult, starts_at = n.starts_at, opened_at = n.opened_at,
    acknowledged_at = n.acknowledged_at, resolved_at = n.resolved_at, updated_at = n.updated_at,
    acknowledged_by = n.acknowledged_by, contested_by = n.contested_by, due_at = n.due_at, step = n.step,
    open_alerts = n.open_alerts, total_alerts = n.total_alerts, acknowledge_within_us = n.acknowledge_within_us,
    acknowledge_expires_us = n.acknowledge_expires_us, reopen_after_us = n.reopen_after_us
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::timestamptz[], $16::timestamptz[],
            $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::text[], $21::text[], $22::timestamptz[],
            $23::integer[], $24::integer[], $25::integer[], $26::bigint[], $27::bigint[], $28::bigint[])
     AS n(id, state, chart_revision, activity, activity_name, loop, severity, service, title, why, runbook, link, raci, consult,
          starts_at, opened_at, acknowledged_at, resolved_at, updated_at, acknowledged_by, contested_by, due_at, step,
          open_alerts, total_alerts, acknowledge_within_us, acknowledge_expires_us, reopen_after_us)
WHERE i.id = n.id
