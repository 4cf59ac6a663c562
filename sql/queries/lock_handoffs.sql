-- Changes of handoffs are made one after the other.
SELECT serial FROM handoff_serial FOR UPDATE
