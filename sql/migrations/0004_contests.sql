-- "Not mine": what an incident keeps of the contest that is open, and what every contest came to.

ALTER TABLE incidents
    ADD COLUMN contested_at timestamptz,
    ADD COLUMN contest_reason text NOT NULL DEFAULT '',
    ADD COLUMN proposed_role text NOT NULL DEFAULT '',
    ADD COLUMN proposed_name text NOT NULL DEFAULT '',
    ADD COLUMN decide_within_us bigint; -- NULL, from an older node: as long as acknowledge_within_us
UPDATE incidents SET contested_at = coalesce(updated_at, opened_at) WHERE contested_by <> '';

-- Reports ask for a span of time, and incidents lie in the order of theirs: a few pages instead of a tree.
CREATE INDEX incidents_opened ON incidents USING brin (opened_at);

-- One row a contest, and one a reassignment without a contest: both say that the chart was wrong, or was thought to be.
-- role and team were Responsible; moved_to_* are since. Kept as long as the incident.
CREATE TABLE contests (
    incident_id bigint NOT NULL,
    contested_at timestamptz NOT NULL,
    activity text NOT NULL,
    chart_revision bigint NOT NULL,
    loop text NOT NULL,
    service text NOT NULL,
    labels json NOT NULL,
    role text NOT NULL,
    role_name text NOT NULL,
    team text NOT NULL,
    team_name text NOT NULL,
    contested_by text NOT NULL,
    reason text NOT NULL,
    proposed_role text NOT NULL,
    decision text, -- accepted, declined, withdrawn, lapsed, reassigned; NULL: undecided
    decided_at timestamptz,
    decided_by text NOT NULL DEFAULT '',
    decision_reason text NOT NULL DEFAULT '',
    moved_to_role text NOT NULL DEFAULT '',
    moved_to_role_name text NOT NULL DEFAULT '',
    moved_to_team text NOT NULL DEFAULT '',
    moved_to_team_name text NOT NULL DEFAULT '',
    PRIMARY KEY (incident_id, contested_at)
);
CREATE INDEX contests_age ON contests (contested_at);

-- The incidents that opened in a span of time, each with whose it was at first and, when that was wrong, whose it is since.
-- What came back to its first owner was not misrouted.
CREATE FUNCTION onus_cases(since timestamptz, until timestamptz)
RETURNS TABLE (incident_id bigint, activity text, activity_name text, loop text, role text, team text, team_name text,
               contested boolean, moved_to text, seconds_to_owner double precision)
LANGUAGE sql STABLE AS $$
SELECT i.id, i.activity, i.activity_name, i.loop, coalesce(c.role, i.raci #>> '{responsible,0,role}'),
       coalesce(c.team, i.raci #>> '{responsible,0,team}'), coalesce(c.team_name, i.raci #>> '{responsible,0,team_name}'),
       coalesce(c.contested, false), CASE WHEN c.moved_to <> c.role THEN c.moved_to END,
       CASE WHEN c.moved_to <> c.role THEN extract(epoch FROM c.moved_at - i.opened_at) END
FROM incidents i
LEFT JOIN (
    SELECT k.incident_id, bool_or(k.decision IS DISTINCT FROM 'reassigned') AS contested,
           (array_agg(k.role ORDER BY k.contested_at))[1] AS role,
           (array_agg(k.team ORDER BY k.contested_at))[1] AS team,
           (array_agg(k.team_name ORDER BY k.contested_at))[1] AS team_name,
           (array_agg(k.moved_to_role ORDER BY k.decided_at DESC)
               FILTER (WHERE k.decision IN ('accepted', 'reassigned')))[1] AS moved_to,
           max(k.decided_at) FILTER (WHERE k.decision IN ('accepted', 'reassigned')) AS moved_at
    FROM contests k
    WHERE k.contested_at >= since
    GROUP BY k.incident_id
) c ON c.incident_id = i.id
WHERE i.opened_at >= since AND i.opened_at < until
$$;
