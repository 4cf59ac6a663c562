SELECT nextval('message_ids')
