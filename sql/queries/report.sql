-- $1 since, $2 until, $3 the time zone of the nights, $4 how many rows, teams and contacts are shown at most; what is left out
-- says truncated. A night is from 22:00 to 07:00. A zone that is none must fail even when nobody was paged, so it is asked for
-- by itself.
WITH cases AS MATERIALIZED (
    SELECT * FROM onus_cases($1::timestamptz, $2::timestamptz)
),
pages AS MATERIALIZED (
    SELECT m.team_name, count(*) AS pages,
           count(*) FILTER (WHERE extract(hour FROM m.created_at AT TIME ZONE $3::text) NOT BETWEEN 7 AND 21) AS night_pages
    FROM messages m
    WHERE m.is_page AND m.created_at >= $1::timestamptz AND m.created_at < $2::timestamptz
      AND m.id >= onus_month($1::timestamptz) << 40
    GROUP BY m.team_name
),
row_figures AS (
    SELECT c.activity, (array_agg(c.activity_name ORDER BY c.incident_id DESC))[1] AS activity_name,
           (array_agg(c.loop ORDER BY c.incident_id DESC))[1] AS loop, count(*) AS incidents,
           count(*) FILTER (WHERE c.contested) AS contested, count(c.moved_to) AS misrouted,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY c.seconds_to_owner) AS median
    FROM cases c
    GROUP BY c.activity
),
team_figures AS (
    SELECT min(c.team) AS team, c.team_name, count(*) AS incidents, count(*) FILTER (WHERE c.contested) AS contested,
           count(c.moved_to) AS misrouted, percentile_cont(0.5) WITHIN GROUP (ORDER BY c.seconds_to_owner) AS median
    FROM cases c
    GROUP BY c.team_name
),
gave_up AS (
    SELECT m.channel, m.address, count(*) AS messages, max(m.attempted_at) AS last_at,
           (array_agg(m.log -> -1 ->> 'detail' ORDER BY m.attempted_at DESC))[1] AS detail
    FROM messages m
    WHERE m.state = 'gave_up' AND m.attempted_at >= $1::timestamptz AND m.attempted_at < $2::timestamptz
      AND m.id >= (onus_month($1::timestamptz) - 1) << 40
    GROUP BY m.channel, m.address
)
SELECT json_build_object(
    'since', onus_time($1::timestamptz), 'until', onus_time($2::timestamptz), 'time_zone', (SELECT $3::text WHERE $2::timestamptz AT TIME ZONE $3::text IS NOT NULL),
    'incidents', (SELECT count(*) FROM cases), 'contested', (SELECT count(*) FROM cases WHERE contested),
    'misrouted', (SELECT count(moved_to) FROM cases),
    'misroute_rate', (SELECT round(count(moved_to)::numeric / nullif(count(*), 0), 4) FROM cases),
    'median_seconds_to_owner', (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds_to_owner) FROM cases),
    'contests', (
        SELECT json_object_agg(d.decision, d.count ORDER BY d.decision)
        FROM (
            SELECT coalesce(k.decision, 'undecided') AS decision, count(*) AS count
            FROM contests k
            WHERE k.contested_at >= $1::timestamptz AND k.contested_at < $2::timestamptz
            GROUP BY 1
        ) d),
    'rows', coalesce((
        SELECT json_agg(json_build_object(
                   'activity', r.activity, 'activity_name', r.activity_name, 'loop', r.loop, 'incidents', r.incidents,
                   'contested', r.contested, 'misrouted', r.misrouted,
                   'misroute_rate', round(r.misrouted::numeric / r.incidents, 4), 'median_seconds_to_owner', r.median)
                   ORDER BY r.misrouted DESC, r.incidents DESC, r.activity)
        FROM (SELECT * FROM row_figures ORDER BY misrouted DESC, incidents DESC, activity LIMIT $4::bigint) r), '[]'),
    'teams', coalesce((
        SELECT json_agg(json_build_object(
                   'team', t.team, 'team_name', t.team_name, 'incidents', t.incidents, 'contested', t.contested,
                   'misrouted', t.misrouted, 'misroute_rate', round(t.misrouted::numeric / nullif(t.incidents, 0), 4),
                   'median_seconds_to_owner', t.median, 'pages', t.pages, 'night_pages', t.night_pages)
                   ORDER BY t.misrouted DESC, t.pages DESC, t.team_name)
        FROM (
            SELECT f.team, coalesce(f.team_name, p.team_name) AS team_name, coalesce(f.incidents, 0) AS incidents,
                   coalesce(f.contested, 0) AS contested, coalesce(f.misrouted, 0) AS misrouted, f.median,
                   coalesce(p.pages, 0) AS pages, coalesce(p.night_pages, 0) AS night_pages
            FROM team_figures f FULL JOIN pages p ON p.team_name = f.team_name
            ORDER BY misrouted DESC, pages DESC, team_name
            LIMIT $4::bigint
        ) t), '[]'),
    'unowned', json_build_object(
        'incidents', (SELECT count(*) FROM cases WHERE activity = 'unowned'),
        'events', (
            SELECT count(*)
            FROM episodes a JOIN cases c ON c.incident_id = a.incident_id
            WHERE c.activity = 'unowned' AND a.id >= onus_month($1::timestamptz) << 40),
        'titles', coalesce((
            SELECT json_agg(json_build_object('title', u.title, 'incidents', u.count) ORDER BY u.count DESC, u.title)
            FROM (
                SELECT i.title, count(*) AS count
                FROM cases c JOIN incidents i ON i.id = c.incident_id
                WHERE c.activity = 'unowned'
                GROUP BY i.title
                ORDER BY count(*) DESC, i.title
                LIMIT 10
            ) u), '[]')),
    'pages', (SELECT coalesce(sum(pages), 0) FROM pages), 'night_pages', (SELECT coalesce(sum(night_pages), 0) FROM pages),
    'gave_up', coalesce((
        SELECT json_agg(json_build_object('channel', g.channel, 'address', g.address, 'messages', g.messages,
                                          'last_at', onus_time(g.last_at), 'detail', coalesce(g.detail, ''))
                        ORDER BY g.messages DESC, g.channel, g.address)
        FROM (SELECT * FROM gave_up ORDER BY messages DESC, channel, address LIMIT $4::bigint) g), '[]'),
    'truncated', greatest((SELECT count(*) FROM row_figures), (SELECT count(*) FROM team_figures),
                          (SELECT count(*) FROM gave_up)) > $4::bigint)::text
