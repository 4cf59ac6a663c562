-- $1 a revision; 0: the newest.
SELECT body FROM chart_revisions WHERE $1::bigint = 0 OR revision = $1::bigint ORDER BY revision DESC LIMIT 1
