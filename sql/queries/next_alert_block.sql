SELECT nextval('alert_ids')
