-- The way by which a result message reached the member (`Way`): the receipt says so, also after a crash. NULL in older rows.

ALTER TABLE message ADD COLUMN way TEXT;
