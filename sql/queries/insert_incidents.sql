-- A group that somebody else has just opened fails on incidents_open_group: the batch is decided again.
INSERT INTO incidents (id, state, group_key, group_hash, chart_revision, activity, activity_name, loop, severity, service, title,
                       why, runbook, link, raci, consult, labels, annotations, starts_at, opened_at, acknowledged_at,
                       resolved_at, updated_at, acknowledged_by, contested_by, due_at, step, open_alerts, total_alerts,
                       acknowledge_within_us, acknowledge_expires_us, reopen_after_us)
SELECT n.id, n.state, n.group_key, n.group_hash, n.chart_revision, n.activity, n.activity_name, n.loop, n.severity, n.service,
       n.title, n.why, n.runbook, n.link, n.raci::jsonb, n.consult, n.labels::jsonb, n.annotations::jsonb, n.starts_at,
       n.opened_at, n.acknowledged_at, n.resolved_at, n.updated_at, n.acknowledged_by, n.contested_by, n.due_at, n.step,
       n.open_alerts, n.total_alerts, n.acknowledge_within_us, n.acknowledge_expires_us, n.reopen_after_us
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
            $19::timestamptz[], $20::timestamptz[], $21::timestamptz[], $22::timestamptz[], $23::timestamptz[], $24::text[],
            $25::text[], $26::timestamptz[], $27::integer[], $28::integer[], $29::integer[], $30::bigint[], $31::bigint[],
            $32::bigint[])
     AS n(id, state, group_key, group_hash, chart_revision, activity, activity_name, loop, severity, service, title, why, runbook,
          link, raci, consult, labels, annotations, starts_at, opened_at, acknowledged_at, resolved_at, updated_at,
          acknowledged_by, contested_by, due_at, step, open_alerts, total_alerts, acknowledge_within_us,
          acknowledge_expires_us, reopen_after_us)
