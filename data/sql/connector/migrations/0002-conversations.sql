-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
-- What a network tells of conversations beyond new messages: edits, receipts of several people, what the owner's other
-- devices did with a chat, people who turn out to be one, events that are worth nothing once a newer one is there.
-- Messages out of a phone's history have sequences below zero, the newest the highest.

ALTER TABLE contacts ADD COLUMN saved_name TEXT;  -- in the owner's address book
ALTER TABLE contacts ADD COLUMN merged_into TEXT; -- the person that this one turned out to be
CREATE INDEX contacts_merged ON contacts (merged_into) WHERE merged_into IS NOT NULL;

ALTER TABLE chats ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN pinned_us INTEGER NOT NULL DEFAULT 0;      -- since when; 0: not
ALTER TABLE chats ADD COLUMN muted_until_us INTEGER NOT NULL DEFAULT 0; -- 0: not; the largest number: until further notice
ALTER TABLE chats ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;         -- deleted, until something new is in it

ALTER TABLE messages ADD COLUMN edited_us INTEGER;
ALTER TABLE messages ADD COLUMN revoked_by TEXT;                        -- where it was not the author
ALTER TABLE messages ADD COLUMN recipients INTEGER NOT NULL DEFAULT 0;  -- whose receipts count one by one; 0: it has one recipient

CREATE TABLE receipts (
  message INTEGER NOT NULL, -- messages.sequence
  participant TEXT NOT NULL,
  rank INTEGER NOT NULL,    -- 3 delivered, 4 read, 5 played
  timestamp_us INTEGER NOT NULL,
  PRIMARY KEY (message, participant)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER receipts_of_message AFTER DELETE ON messages
BEGIN
  DELETE FROM receipts WHERE message = old.sequence;
END;

-- Receipts that came before the answer that names the message.
ALTER TABLE early_statuses ADD COLUMN participant TEXT;

ALTER TABLE outbox ADD COLUMN is_passing INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_passing ON outbox (type, chat) WHERE is_passing = 1;
