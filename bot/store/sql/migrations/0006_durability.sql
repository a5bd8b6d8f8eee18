-- state_since: when the job entered its state (NULL: before this migration). doubtful: images that were released although
-- they may have been charged. backup: a database with a row here is a copy of another one, which may have changed since.

ALTER TABLE job ADD COLUMN state_since REAL;
ALTER TABLE hold ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0 CHECK (doubtful >= 0);

-- Sets that could not be delivered.
CREATE INDEX job_undelivered ON job (id) WHERE state = 'done' AND way IS NULL;

CREATE TABLE backup (
    taken_at REAL NOT NULL
) STRICT;
