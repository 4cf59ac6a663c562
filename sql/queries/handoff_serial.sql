-- The serial of the newest change of any handoff.
SELECT serial FROM handoff_serial
