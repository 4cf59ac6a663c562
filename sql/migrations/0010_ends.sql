-- What an alert was ended by, so that whoever says later that it fires is silenced only by what can be shown to be older.
ALTER TABLE alert_keys
    ADD COLUMN closed_at timestamptz, -- a request that began to arrive before this was under way when it ended; NULL, as from an
                                      -- older node: nothing can be shown so
    ADD COLUMN closed_by text, -- the node by whose clock that is
    ADD COLUMN late_at timestamptz, -- when it was first said to fire since before the episode that has ended
    ADD COLUMN late_starts_at timestamptz; -- the oldest start that was said then
