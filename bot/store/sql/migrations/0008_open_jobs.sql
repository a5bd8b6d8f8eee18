-- member: who asked for the job, so that a member's open jobs are counted without reading every origin.

ALTER TABLE job ADD COLUMN member TEXT;

UPDATE job SET member = json_extract(origin, '$.user') WHERE json_valid(origin);

CREATE INDEX job_open ON job (member) WHERE ended_at IS NULL;

-- A member's newest drafts.
CREATE INDEX draft_member ON draft (member, saved_at);
