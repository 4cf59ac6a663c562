-- The next page.
FETCH FORWARD 1000 FROM recorded_events
