-- The team that a message is for, by its id: two teams may bear one name, and the rights of the link in the message are the
-- team's. '' in messages of before.
ALTER TABLE messages ADD COLUMN team text NOT NULL DEFAULT '';
