-- Where each node commits a row every few seconds, to know that this server still takes writes. A page holds one row only, so
-- that each needs new space on the disk, as an alert does: a full disk refuses it. The table is emptied when it has grown.
CREATE TABLE commit_checks (
    node text NOT NULL,
    at timestamptz NOT NULL,
    filler text NOT NULL -- over a twentieth of a page
) WITH (fillfactor = 10, autovacuum_enabled = false);
ALTER TABLE commit_checks ALTER COLUMN filler SET STORAGE PLAIN;

-- True when it was emptied. Waits for nobody: a backup may hold the table for hours, and whoever waits for it would hold up
-- the checks of all nodes.
CREATE FUNCTION onus_empty_commit_checks() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE commit_checks IN ACCESS EXCLUSIVE MODE NOWAIT;
    TRUNCATE commit_checks;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;
