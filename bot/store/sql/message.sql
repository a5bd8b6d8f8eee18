-- record_result: record which pictures of a job a message shows, if the claim is current
INSERT INTO message (platform, message, job, pictures, way)
SELECT :platform, :message, id, :pictures, :way FROM job WHERE id = :job AND epoch = :epoch
ON CONFLICT (platform, message) DO UPDATE SET job = excluded.job, pictures = excluded.pictures, way = excluded.way
RETURNING job;

-- pictures_of_message: the job and the pictures that a message shows
SELECT job, pictures FROM message WHERE platform = :platform AND message = :message;

-- messages_of_job: the pictures that each message of a job shows, and how it was delivered
SELECT pictures, way FROM message WHERE job = :job;

-- save_draft: store the pictures that a form was opened with and what was filled in, or what a question is about
INSERT INTO draft (id, member, attachments, message, platform, partial, expires_at, verb, fields, uploads, saved_at)
VALUES (:id, :member, :attachments, :message, :platform, :partial, :expires_at, :verb, :fields, :uploads, :now)
ON CONFLICT (id) DO UPDATE
SET member = excluded.member, attachments = excluded.attachments, message = excluded.message, platform = excluded.platform,
    partial = excluded.partial, expires_at = excluded.expires_at, verb = excluded.verb, fields = excluded.fields,
    uploads = excluded.uploads, saved_at = excluded.saved_at;

-- delete_old_drafts: delete the drafts of forms that are too old to be submitted, and of questions that have expired
DELETE FROM draft WHERE saved_at < :before OR expires_at <= :now;

-- delete_surplus_drafts: delete all drafts of a member but the newest
DELETE FROM draft
WHERE member = :member AND id IN (SELECT id FROM draft WHERE member = :member ORDER BY saved_at DESC, id LIMIT -1 OFFSET :most);

-- load_draft: one draft by its id
SELECT * FROM draft WHERE id = :draft;
