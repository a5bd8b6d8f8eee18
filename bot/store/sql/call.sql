-- add_call: plan one call of an accepted job
INSERT INTO call (job, number, state, state_since, updated_at, gateway, model, first, wants, quoted, schedule)
VALUES (:job, :number, :state, :now, :now, :gateway, :model, :first, :wants, :quoted, :schedule);

-- move_call: change a call's state, if the claim of its job is current; a parameter that is NULL leaves its column unchanged
UPDATE call
SET state = :to,
    state_since = :now,
    updated_at = :now,
    not_before = coalesce(:not_before, not_before),
    attempts = coalesce(:attempts, attempts),
    task = coalesce(:task, task),
    submitted_at = coalesce(:submitted_at, submitted_at),
    billed = coalesce(:billed, billed),
    billed_references = coalesce(:billed_references, billed_references),
    cost = coalesce(:cost, cost),
    currency = coalesce(:currency, currency),
    billed_by = coalesce(:billed_by, billed_by),
    error = coalesce(:error, error)
WHERE job = :job AND number = :number AND state = :from AND EXISTS (SELECT 1 FROM job WHERE id = :job AND epoch = :epoch)
RETURNING *;

-- postpone_call: keep the state, count one more attempt, and try the call again later
UPDATE call
SET attempts = attempts + 1, not_before = :not_before, updated_at = :now
WHERE job = :job AND number = :number AND EXISTS (SELECT 1 FROM job WHERE id = :job AND epoch = :epoch)
RETURNING *;

-- follow_calls: a job is accepted while all its calls are planned, and due with the next of them while none is at a gateway
UPDATE job
SET state = CASE WHEN EXISTS (SELECT 1 FROM call WHERE call.job = :job AND call.state <> 'planned') THEN 'running' ELSE 'accepted' END,
    not_before = CASE
        WHEN EXISTS (SELECT 1 FROM call WHERE call.job = :job AND call.state IN ('submitting', 'running')) THEN 0
        ELSE coalesce(
            (SELECT min(call.not_before) FROM call WHERE call.job = :job AND call.state IN ('planned', 'collecting')), 0
        )
    END,
    state_since = CASE
        WHEN (state = 'running') = EXISTS (SELECT 1 FROM call WHERE call.job = :job AND call.state <> 'planned') THEN state_since
        ELSE :now
    END,
    updated_at = :now
WHERE id = :job AND epoch = :epoch AND state IN ('accepted', 'running')
RETURNING id;

-- cancel_calls: the planned calls of a job that has ended are never made
UPDATE call SET state = 'cancelled', state_since = :now, updated_at = :now WHERE job = :job AND state = 'planned';

-- stop_calls: the planned calls of a member's running job are never made
UPDATE call SET state = 'cancelled', state_since = :now, updated_at = :now
WHERE job = :job AND state = 'planned'
    AND EXISTS (SELECT 1 FROM job WHERE id = :job AND member = :member AND state = 'running' AND set_aside = 0)
RETURNING number;

-- add_missing: the pictures at the positions of a JSON list have not come, as far as there is no row of them
INSERT OR IGNORE INTO picture (job, position, call, state, error)
SELECT :job, value, :call, 'missing', :error FROM json_each(:positions);
