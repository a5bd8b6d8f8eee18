-- notified_jobs: jobs whose end was told before some time, the oldest first, and the bytes of the pictures that each names
SELECT id,
    (SELECT coalesce(sum(size_bytes), 0) FROM picture WHERE picture.job = job.id)
    + (SELECT coalesce(sum(size_bytes), 0) FROM reference WHERE reference.job = job.id) AS size_bytes
FROM job
WHERE told_at < :before
ORDER BY told_at, id;

-- forget_jobs: take away those in a JSON list of ids whose end was told, with all that belongs to them but the books
DELETE FROM job WHERE told_at IS NOT NULL AND id IN (SELECT value FROM json_each(:jobs)) RETURNING id;

-- named_blobs: every file that a row names
SELECT blob, size_bytes FROM picture WHERE blob IS NOT NULL
UNION
SELECT value, size_bytes FROM reference WHERE form = 'bytes';

-- count_jobs: how many there are
SELECT count(*) AS jobs FROM job;
