-- notified_jobs: jobs notified before a time, the oldest first, with the size of their pictures and references
SELECT id,
    (SELECT coalesce(sum(size_bytes), 0) FROM picture WHERE picture.job = job.id)
    + (SELECT coalesce(sum(size_bytes), 0) FROM reference WHERE reference.job = job.id) AS size_bytes
FROM job
WHERE told_at < :before
ORDER BY told_at, id;

-- delete_jobs: delete the notified jobs of a JSON list of ids, with everything that refers to them except the ledger
DELETE FROM job WHERE told_at IS NOT NULL AND id IN (SELECT value FROM json_each(:jobs)) RETURNING id;

-- delete_failed_references: delete the references of jobs that ended without pictures and were notified before a time
DELETE FROM reference
WHERE job IN (SELECT id FROM job WHERE state IN ('refused', 'failed', 'cancelled', 'uncertain') AND told_at < :before)
RETURNING form, value;

-- blobs_of_jobs: the blobs that the jobs of a JSON list of ids refer to
SELECT blob FROM picture WHERE blob IS NOT NULL AND job IN (SELECT value FROM json_each(:jobs))
UNION
SELECT value FROM reference WHERE form = 'bytes' AND job IN (SELECT value FROM json_each(:jobs));

-- referenced_blobs: every blob that a row refers to
SELECT blob, size_bytes FROM picture WHERE blob IS NOT NULL
UNION
SELECT value, size_bytes FROM reference WHERE form = 'bytes';

-- count_jobs: the number of jobs
SELECT count(*) AS jobs FROM job;
