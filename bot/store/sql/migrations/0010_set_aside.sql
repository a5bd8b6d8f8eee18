-- set_aside: the row could not be read, so nothing is done with its job until the next start. updated_at is in the index, because
-- a row that was written later than now was written before the clock was set back: its job is due.

ALTER TABLE job ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0 CHECK (set_aside IN (0, 1));

DROP INDEX job_live;
CREATE INDEX job_live ON job (created_at, id, not_before, updated_at, lease_until, owner, told_at, set_aside)
WHERE told_at IS NULL AND set_aside = 0;

CREATE INDEX job_set_aside ON job (id) WHERE set_aside = 1;
