-- The outbox rows of a commit. What its channel only records ($16: its log) is delivered by being here. With a lease ($18) they
-- belong to this node ($19) at once, but for those whose time has not come and those that must wait behind an earlier message
-- of the incident to the same contact (a page overtakes notices).
INSERT INTO messages (id, incident_id, letter, reason, channel, address, role_name, team_name, actor, note, first, is_page,
                      created_at, not_before, expires_at, next_at, ready_at, leased_by, state, attempts, attempted_at, log, team)
SELECT w.id, w.incident_id, w.letter, w.reason, w.channel, w.address, w.role_name, w.team_name, w.actor, w.note, w.first,
       w.is_page, w.created_at, w.not_before, w.expires_at, w.due, CASE WHEN w.leased THEN $18::timestamptz ELSE w.due END,
       CASE WHEN w.leased THEN $19::text END, CASE WHEN w.kept IS NULL THEN 'waiting' ELSE 'delivered' END,
       CASE WHEN w.kept IS NULL THEN 0 ELSE 1 END, CASE WHEN w.kept IS NOT NULL THEN $20::timestamptz END,
       coalesce(w.kept::jsonb, '[]'), w.team
FROM (
    SELECT n.*, greatest(n.not_before, n.created_at) AS due,
           $18::timestamptz IS NOT NULL AND n.kept IS NULL AND (n.not_before IS NULL OR n.not_before <= $20::timestamptz) AND
           (n.first OR NOT EXISTS (
               SELECT FROM messages o
               WHERE o.incident_id = n.incident_id AND o.channel = n.channel AND o.address = n.address
                 AND o.state = 'waiting' AND (o.is_page OR NOT n.is_page))) AS leased
    FROM (
        SELECT unnest($1::bigint[]) AS id, unnest($2::bigint[]) AS incident_id, unnest($3::text[]) AS letter,
               unnest($4::text[]) AS reason, unnest($5::text[]) AS channel, unnest($6::text[]) AS address,
               unnest($7::text[]) AS role_name, unnest($8::text[]) AS team_name, unnest($9::text[]) AS actor,
               unnest($10::text[]) AS note, unnest($11::boolean[]) AS first, unnest($12::boolean[]) AS is_page,
               unnest($13::timestamptz[]) AS created_at, unnest($14::timestamptz[]) AS not_before,
               unnest($15::timestamptz[]) AS expires_at, unnest($16::text[]) AS kept, unnest($17::text[]) AS team
    ) n
) w
RETURNING id, leased_by IS NOT NULL AS leased,
          CASE WHEN first THEN '' ELSE coalesce((
              SELECT t.ref FROM threads t
              WHERE t.incident_id = messages.incident_id AND t.channel = messages.channel AND t.address = messages.address), '')
          END AS thread
