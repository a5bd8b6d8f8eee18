-- mark_backup: mark this database as a backup, taken no earlier than its newest job
INSERT INTO backup (taken_at) SELECT max(:now, coalesce(max(created_at), :now)) FROM job;

-- is_backup: whether the database is a backup on which no process has started yet
SELECT EXISTS (SELECT 1 FROM backup) AS marked;

-- release_open_jobs: release the jobs that were open when the backup was taken, and make them due
UPDATE job
SET owner = NULL, lease_until = 0, not_before = 0
WHERE told_at IS NULL AND created_at <= (SELECT max(taken_at) FROM backup)
RETURNING id;

-- count_start: one start more of this database than it, or its data folder, knew of; returns also what it knew itself
UPDATE identity SET before = starts, starts = max(starts, :known) + 1 RETURNING id, starts, before;

-- delete_marker: the database is no longer a backup
DELETE FROM backup;
