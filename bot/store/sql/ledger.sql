-- usage: the settled and held images of a member in one window
SELECT coalesce(sum(settled), 0) AS settled, coalesce(sum(images - settled - released), 0) AS held
FROM hold
WHERE member = :member AND quota_window = :quota_window;

-- standing: the same, with the number of the member's jobs that have not ended
SELECT coalesce(sum(settled), 0) AS settled, coalesce(sum(images - settled - released), 0) AS held,
    (SELECT count(*) FROM job WHERE job.member = :member AND ended_at IS NULL) AS open_jobs
FROM hold
WHERE member = :member AND quota_window = :quota_window;

-- add_hold: hold images for one job
INSERT INTO hold (job, member, quota_window, granted, images, held_at)
VALUES (:job, :member, :quota_window, :granted, :images, :now);

-- close_hold: settle a number of images of an open hold, at most all of it, and release the rest; budgets count what is booked
UPDATE hold
SET settled = min(:images, images), released = images - min(:images, images), closed_at = :now,
    billed = (SELECT coalesce(sum(spend.images), 0) FROM spend WHERE spend.job = :job)
WHERE job = :job AND closed_at IS NULL;

-- close_uncertain_hold: the same if some of the rest may have been charged: what of that exceeds the member's limit is settled too
WITH resting AS (
    SELECT job, member, quota_window, max(0, images - :images) AS rest, max(0, min(:doubtful, images - :images)) AS in_doubt
    FROM hold
    WHERE job = :job AND closed_at IS NULL
), closing AS (
    SELECT job, rest - in_doubt AS certain, max(0, min(in_doubt, :uncertain_limit - (
        SELECT sum(doubtful) FROM hold AS other
        WHERE other.member = resting.member AND other.quota_window = resting.quota_window
    ))) AS to_release
    FROM resting
)
UPDATE hold
SET settled = images - certain - to_release, released = certain + to_release, doubtful = to_release, closed_at = :now,
    billed = (SELECT coalesce(sum(spend.images), 0) FROM spend WHERE spend.job = :job)
FROM closing
WHERE hold.job = closing.job;

-- settled: the final images of a job's hold
SELECT settled FROM hold WHERE job = :job;

-- add_spend: book what the operator was billed for one call, once
INSERT INTO spend (job, call, member, workspace, gateway, model, images, amount, currency, billed_by, spent_at)
VALUES (:job, :call, :member, :workspace, :gateway, :model, :images, :amount, :currency, :billed_by, :now)
ON CONFLICT (job, call) DO NOTHING;

-- accounts: the settled and held images of every member in every window, with the grant of the latest hold
SELECT member, quota_window,
    (
        SELECT latest.granted FROM hold AS latest
        WHERE latest.member = hold.member AND latest.quota_window = hold.quota_window
        ORDER BY latest.held_at DESC, latest.job DESC
        LIMIT 1
    ) AS granted,
    sum(settled) AS settled,
    sum(images - settled - released) AS held
FROM hold
GROUP BY member, quota_window
ORDER BY member, quota_window;

-- overdrawn_accounts: members with more images in a window than any grant of it allowed
SELECT member, quota_window
FROM hold
GROUP BY member, quota_window
HAVING sum(images - released) > max(granted)
ORDER BY member, quota_window;

-- open_holds_of_ended_jobs: ended jobs whose hold is still open
SELECT job.id AS job FROM job JOIN hold ON hold.job = job.id
WHERE job.ended_at IS NOT NULL AND hold.closed_at IS NULL
ORDER BY job.id;
