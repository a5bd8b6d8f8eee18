-- known_event: a job that was created for one of the events in a JSON list
SELECT job FROM event WHERE id IN (SELECT value FROM json_each(:events)) LIMIT 1;

-- receive_job: record a job
INSERT INTO job (id, state, state_since, member, origin, command, created_at, updated_at)
VALUES (:id, :state, :now, :member, :origin, :command, :now, :now);

-- add_events: record the events in a JSON list for a job
INSERT OR IGNORE INTO event (id, job) SELECT value, :job FROM json_each(:events);

-- load_job: one job by its id, with its calls
SELECT *, (SELECT json_group_array(json_array(
        number, call.state, call.state_since, call.updated_at, gateway, model, first, wants, call.attempts, call.not_before, task,
        submitted_at, quoted, schedule, billed, billed_references, cost, currency, billed_by, call.error
    )) FROM call WHERE call.job = job.id) AS calls
FROM job WHERE id = :job;

-- take_back_job: delete a job of which nothing was done yet
DELETE FROM job WHERE id = :job AND state = 'received' RETURNING id;

-- cancel_job: end a job before its paid call, whoever has claimed it: later writes of that claim are refused
UPDATE job
SET state = 'cancelled', state_since = :now, epoch = epoch + 1, owner = NULL, lease_until = 0, not_before = 0, opening = NULL,
    attempts = 0, ended_at = :now, updated_at = :now
WHERE id = :job AND member = :member AND state IN (SELECT value FROM json_each(:states)) AND set_aside = 0
RETURNING id;

-- free_stopped_job: make a job due at once, whoever has claimed it, unless one of its calls is at a gateway: that one is read on
UPDATE job
SET epoch = epoch + 1, owner = NULL, lease_until = 0, not_before = 0, opening = NULL, updated_at = :now
WHERE id = :job AND NOT EXISTS (SELECT 1 FROM call WHERE call.job = :job AND call.state IN ('submitting', 'running'));

-- claim_job: claim a live job that is due and free, as in due_jobs; its epoch rises by one, its deaths if a picture is still being opened
UPDATE job
SET epoch = epoch + 1, owner = :owner, lease_until = :until,
    deaths = deaths + (opening IS NOT NULL), suspect = coalesce(opening, suspect), opening = NULL
WHERE id = :job AND told_at IS NULL AND set_aside = 0
    AND (not_before <= :now OR updated_at > :now)
    AND (owner IS NULL OR (
        (lease_until <= :now OR lease_until > :latest_lease) AND owner NOT IN (SELECT value FROM json_each(:living))
    ))
RETURNING *, (SELECT json_group_array(json_array(
        number, call.state, call.state_since, call.updated_at, gateway, model, first, wants, call.attempts, call.not_before, task,
        submitted_at, quoted, schedule, billed, billed_references, cost, currency, billed_by, call.error
    )) FROM call WHERE call.job = job.id) AS calls;

-- renew_leases: extend the leases of the jobs in a JSON list of ids that an owner still holds
UPDATE job
SET lease_until = :until
WHERE owner = :owner AND id IN (SELECT value FROM json_each(:jobs));

-- release_claim: release one claim
UPDATE job
SET owner = NULL, lease_until = 0
WHERE id = :job AND epoch = :epoch
RETURNING id;

-- release_claims: release the claims in a JSON list of pairs of a job and an epoch
UPDATE job
SET owner = NULL, lease_until = 0
WHERE (id, epoch) IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:claims));

-- release_owner: release every claim of an owner
UPDATE job
SET owner = NULL, lease_until = 0
WHERE told_at IS NULL AND set_aside = 0 AND owner = :owner;

-- due_jobs: live jobs that are due and free, oldest first. Free: without an owner, or its lease is over and it is not a living one.
-- A row that was written later than now was written before the clock was set back, so its job is due.
SELECT id FROM job
WHERE told_at IS NULL AND set_aside = 0
    AND (not_before <= :now OR updated_at > :now)
    AND (owner IS NULL OR (
        (lease_until <= :now OR lease_until > :latest_lease) AND owner NOT IN (SELECT value FROM json_each(:living))
    ))
ORDER BY created_at, id
LIMIT :limit;

-- overdue_jobs: live jobs past the deadline of their state, or with a call past its own and none at a gateway that is not, claimed
-- or not, except those of living owners. Deadlines are JSON objects of seconds by state
SELECT id FROM job
WHERE told_at IS NULL AND set_aside = 0
    AND (owner IS NULL OR owner NOT IN (SELECT value FROM json_each(:living)))
    AND (
        coalesce(state_since, created_at) + (SELECT value FROM json_each(:deadlines) WHERE key = job.state) < :now
        OR (state IN ('accepted', 'running') AND EXISTS (
            SELECT 1 FROM call
            WHERE call.job = job.id
                AND call.state_since + (SELECT value FROM json_each(:calls) WHERE key = call.state) < :now
        ) AND NOT EXISTS (
            SELECT 1 FROM call
            WHERE call.job = job.id AND call.state IN ('submitting', 'running')
                AND call.state_since + (SELECT value FROM json_each(:calls) WHERE key = call.state) >= :now
        ))
    )
ORDER BY created_at, id
LIMIT :limit;

-- seize_job: claim a live job even if it has an owner; its epoch and its deaths rise as in claim_job
UPDATE job
SET epoch = epoch + 1, owner = :owner, lease_until = :until, not_before = 0,
    deaths = deaths + (opening IS NOT NULL), suspect = coalesce(opening, suspect), opening = NULL
WHERE id = :job AND told_at IS NULL AND set_aside = 0
RETURNING *, (SELECT json_group_array(json_array(
        number, call.state, call.state_since, call.updated_at, gateway, model, first, wants, call.attempts, call.not_before, task,
        submitted_at, quoted, schedule, billed, billed_references, cost, currency, billed_by, call.error
    )) FROM call WHERE call.job = job.id) AS calls;

-- next_due: when the next live job without an owner becomes due
SELECT min(not_before) AS due FROM job WHERE told_at IS NULL AND set_aside = 0 AND owner IS NULL;

-- set_aside_job: do nothing more with a job whose row cannot be read
UPDATE job SET set_aside = 1, owner = NULL, lease_until = 0 WHERE id = :job;

-- readmit_jobs: try the jobs that were set aside again
UPDATE job SET set_aside = 0 WHERE set_aside = 1;

-- set_aside_jobs: the jobs that are set aside
SELECT id FROM job WHERE set_aside = 1 ORDER BY id;

-- accept_job: write the request and reset the attempts and deaths of the fetching; returns whether the job already has references
UPDATE job
SET state = :to, state_since = :now, request = :request,
    attempts = 0, deaths = 0, suspect = NULL, not_before = 0, updated_at = :now
WHERE id = :job AND epoch = :epoch AND state = :from
RETURNING *, EXISTS (SELECT 1 FROM reference WHERE reference.job = :job) AS referenced;

-- move_job: change the state; a parameter that is NULL leaves its column unchanged
UPDATE job
SET state = :to,
    state_since = :now,
    attempts = coalesce(:attempts, attempts),
    error = coalesce(:error, error),
    way = coalesce(:way, way),
    posting_since = coalesce(posting_since, :posting_since),
    ended_at = :ended_at,
    updated_at = :now
WHERE id = :job AND epoch = :epoch AND state = :from
RETURNING *;

-- postpone_job: keep the state, count one more attempt, and make the job due later
UPDATE job
SET attempts = attempts + 1, not_before = :not_before, updated_at = :now
WHERE id = :job AND epoch = :epoch
RETURNING *;

-- set_notified: record that the member was shown how the job ended
UPDATE job SET told_at = :now WHERE id = :job AND epoch = :epoch RETURNING *;

-- workload: jobs that have not ended, split by whether a paid call was started
SELECT
    coalesce(sum(state IN ('received', 'accepted')), 0) AS waiting,
    coalesce(sum(state NOT IN ('received', 'accepted')), 0) AS running,
    min(created_at) AS oldest_at
FROM job
WHERE told_at IS NULL AND set_aside = 0 AND ended_at IS NULL;

-- set_progress_message: record the message that shows the progress
UPDATE job SET progress_message = :message WHERE id = :job AND epoch = :epoch RETURNING id;

-- set_posting_since: record when the first attempt to post the result began
UPDATE job
SET posting_since = coalesce(posting_since, :now), updated_at = :now
WHERE id = :job AND epoch = :epoch
RETURNING *;

-- undelivered_job: a member's newest finished set that could not be delivered and is still on our disk
SELECT job.*, (SELECT json_group_array(json_array(
        number, call.state, call.state_since, call.updated_at, gateway, model, first, wants, call.attempts, call.not_before, task,
        submitted_at, quoted, schedule, billed, billed_references, cost, currency, billed_by, call.error
    )) FROM call WHERE call.job = job.id) AS calls
FROM hold JOIN job ON job.id = hold.job
WHERE hold.member = :member AND job.state = 'done' AND job.way IS NULL AND job.set_aside = 0
    AND EXISTS (SELECT 1 FROM picture WHERE picture.job = job.id AND picture.blob IS NOT NULL)
ORDER BY job.ended_at DESC, job.id DESC
LIMIT 1;

-- set_shown: record the way by which an undelivered set was shown after all
UPDATE job SET way = :way WHERE id = :job AND state = 'done' AND way IS NULL;

-- load_references: a job's references in order
SELECT * FROM reference WHERE job = :job ORDER BY position;

-- delete_references: delete a job's references before new ones are written
DELETE FROM reference WHERE job = :job;

-- add_reference: write one reference at its position
INSERT INTO reference (job, position, form, value, media_type, width, height, size_bytes, alpha)
VALUES (:job, :position, :form, :value, :media_type, :width, :height, :size_bytes, :alpha);
