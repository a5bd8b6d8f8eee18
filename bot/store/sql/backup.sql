-- mark_backup: this database is a copy; all its jobs came before the moment it was taken
INSERT INTO backup (taken_at) SELECT max(:now, coalesce(max(created_at), :now)) FROM job;

-- is_backup: whether a database is a copy that nobody has started on yet
SELECT EXISTS (SELECT 1 FROM backup) AS marked;

-- release_copied: nobody holds, and nothing delays, what was open when the copy was taken
UPDATE job
SET owner = NULL, lease_until = 0, not_before = 0
WHERE told_at IS NULL AND created_at <= (SELECT max(taken_at) FROM backup)
RETURNING id;

-- drop_marks: the copy has become the original
DELETE FROM backup;
