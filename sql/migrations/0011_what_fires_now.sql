-- A sender's acknowledgement is good for its alerts, a person's for the incident; and an incident speaks with the words of an
-- alert that fires.
ALTER TABLE alert_keys ADD COLUMN acknowledged_at timestamptz; -- by its sender
ALTER TABLE incidents
    ADD COLUMN acknowledged_source text NOT NULL DEFAULT '', -- the source whose senders have; empty: a person, or nobody
    ADD COLUMN words_alert_id bigint; -- the alert whose title, texts, labels and links these are; NULL, from an older node: not known
