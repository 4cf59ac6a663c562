-- The nodes that live, or died a moment ago. A node holds pg_advisory_lock(1869509988, id) with the session of its keeper, which
-- the server ends as soon as the process is gone: whose lock is free is gone. `id` is new with each session, so that the lock of
-- an older one, which may linger, says nothing.
CREATE SEQUENCE node_ids AS integer;
CREATE TABLE nodes (
    name text PRIMARY KEY, -- as in messages.leased_by
    id integer NOT NULL,
    held_at timestamptz NOT NULL,
    gone_at timestamptz, -- when somebody found the lock free
    clock_ahead_us bigint NOT NULL DEFAULT 0 -- of the node's clock before this server's, when it was written last
);
