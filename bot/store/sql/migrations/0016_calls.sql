-- A call is one paid request of a job, with its own row: its state, its price and what it was billed. Amounts are whole micro-units.
-- first: the position of its first picture. wants: how many it asks for. schedule: the JSON of the prices of the quote.
-- billed, billed_references, cost, billed_by: what the gateway said it billed; once the call has ended, what was booked, and who says so.

CREATE TABLE call (
    job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    state_since REAL NOT NULL,
    updated_at REAL NOT NULL,
    gateway TEXT NOT NULL,
    model TEXT NOT NULL,
    first INTEGER NOT NULL,
    wants INTEGER NOT NULL CHECK (wants > 0),
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    task TEXT,
    submitted_at REAL,
    quoted INTEGER,
    schedule TEXT,
    billed INTEGER CHECK (billed >= 0),
    billed_references INTEGER,
    cost INTEGER,
    currency TEXT,
    billed_by TEXT CHECK (billed_by IN ('cost', 'counts', 'schedule', 'estimate')),
    error TEXT,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

-- Decimal amounts of the old tables in micro-units, rounded up. A text that is no amount is none. Beyond six decimals a text is
-- read digit by digit; Python wrote an exponent only for what is smaller than that.
CREATE TEMP VIEW old_amount AS
WITH written (kind, job, amount) AS (
    SELECT 'price', id, unit_price FROM job WHERE unit_price GLOB '[0-9]*'
    UNION ALL
    SELECT 'spend', job, amount FROM spend WHERE amount GLOB '[0-9]*'
), split (kind, job, amount, whole, part) AS (
    SELECT kind, job, amount, substr(amount, 1, instr(amount || '.', '.') - 1), substr(amount, instr(amount || '.', '.') + 1)
    FROM written
)
SELECT kind, job,
    CASE WHEN upper(amount) GLOB '*E*' THEN CAST(amount AS REAL) * 1000000 > CAST(CAST(amount AS REAL) * 1000000 AS INTEGER)
        ELSE trim(substr(part, 7), '0') <> '' END
    + CASE WHEN upper(amount) GLOB '*E*' THEN CAST(CAST(amount AS REAL) * 1000000 AS INTEGER)
        ELSE CAST(whole AS INTEGER) * 1000000 + CAST(substr(part || '000000', 1, 6) AS INTEGER) END
    AS micros
FROM split;

-- The one call of every job that was accepted, in the state that its job was in.
INSERT INTO call
SELECT job.id, 1,
    CASE WHEN uncertain = 1 AND becomes = 'answered' THEN 'uncertain' ELSE becomes END,
    coalesce(state_since, job.created_at), job.updated_at,
    coalesce(CAST(json_extract(request, '$.gateway') AS TEXT), ''), coalesce(CAST(json_extract(request, '$.model') AS TEXT), ''),
    0, asked,
    CASE WHEN ended_at IS NULL THEN job.attempts ELSE 0 END, not_before, task, submitted_at,
    price.micros * asked,
    CASE WHEN price.micros IS NOT NULL THEN json_object(
        'currency', coalesce(job.currency, ''), 'picture', json_array(json_object('micros', price.micros))
    ) END,
    coalesce(spend.images, max(0, job.billed)), NULL, booked.micros, CASE WHEN booked.micros IS NOT NULL THEN spend.currency END,
    CASE WHEN spend.estimated = 1 THEN 'estimate' WHEN job.billed IS NOT NULL THEN 'counts'
        WHEN spend.job IS NOT NULL THEN 'schedule' END,
    CASE WHEN uncertain = 1 THEN coalesce(error, json_object('code', 'ambiguous', 'parameters', json_object(
        'gateway', coalesce(json_extract(request, '$.gateway'), ''), 'model', coalesce(json_extract(request, '$.model'), '')
    ))) ELSE error END
FROM (SELECT *, max(1, coalesce(CAST(json_extract(request, '$.count') AS INTEGER), 1)) AS asked FROM job WHERE json_valid(request)) AS job
JOIN (
    SELECT 'accepted' AS was, 'planned' AS becomes
    UNION ALL SELECT 'submitting', 'submitting'
    UNION ALL SELECT 'running', 'running'
    UNION ALL SELECT 'collecting', 'collecting'
    UNION ALL SELECT 'delivering', 'answered'
    UNION ALL SELECT 'done', 'answered'
    UNION ALL SELECT 'refused', 'refused'
    UNION ALL SELECT 'failed', 'failed'
    UNION ALL SELECT 'cancelled', 'cancelled'
    UNION ALL SELECT 'uncertain', 'uncertain'
) ON was = job.state
LEFT JOIN old_amount AS price ON price.kind = 'price' AND price.job = job.id
LEFT JOIN spend ON spend.job = job.id
LEFT JOIN old_amount AS booked ON booked.kind = 'spend' AND booked.job = job.id;

ALTER TABLE picture ADD COLUMN call INTEGER NOT NULL DEFAULT 1;

CREATE TABLE call_spend (
    job TEXT NOT NULL,
    call INTEGER NOT NULL,
    member TEXT NOT NULL,
    workspace TEXT,
    gateway TEXT,
    model TEXT,
    images INTEGER NOT NULL CHECK (images >= 0),
    amount INTEGER,
    currency TEXT,
    billed_by TEXT NOT NULL CHECK (billed_by IN ('cost', 'counts', 'schedule', 'estimate')),
    spent_at REAL NOT NULL,
    PRIMARY KEY (job, call)
) STRICT, WITHOUT ROWID;

INSERT INTO call_spend
SELECT spend.job, 1, member, workspace, gateway, model, images, micros, CASE WHEN micros IS NOT NULL THEN spend.currency END,
    CASE WHEN estimated = 1 THEN 'estimate' WHEN (SELECT billed FROM job WHERE job.id = spend.job) IS NOT NULL THEN 'counts'
        ELSE 'schedule' END,
    spent_at
FROM spend LEFT JOIN old_amount AS booked ON booked.kind = 'spend' AND booked.job = spend.job;

DROP VIEW old_amount;
DROP TABLE spend;
ALTER TABLE call_spend RENAME TO spend;

UPDATE job SET state = 'running', attempts = 0 WHERE state IN ('submitting', 'collecting', 'running');
UPDATE job SET attempts = 0 WHERE state = 'accepted';

ALTER TABLE job DROP COLUMN unit_price;
ALTER TABLE job DROP COLUMN currency;
ALTER TABLE job DROP COLUMN task;
ALTER TABLE job DROP COLUMN submitted_at;
ALTER TABLE job DROP COLUMN billed;
ALTER TABLE job DROP COLUMN uncertain;
