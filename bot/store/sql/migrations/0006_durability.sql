-- Since when a job is in its state (NULL: since before anybody noted it), what was given back though nobody knows whether it was
-- charged, and the mark of a copy: a database with a row here was taken from another one that may have gone on.

ALTER TABLE job ADD COLUMN state_since REAL;
ALTER TABLE hold ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0 CHECK (doubtful >= 0);

-- Sets that no way led to their members.
CREATE INDEX job_undelivered ON job (id) WHERE state = 'done' AND way IS NULL;

CREATE TABLE backup (
    taken_at REAL NOT NULL
) STRICT;
