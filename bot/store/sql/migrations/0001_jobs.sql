-- Jobs and the references of their requests.

CREATE TABLE job (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    lease_until REAL NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    origin TEXT NOT NULL,
    command TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    ended_at REAL,
    told_at REAL,
    way TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    request TEXT,
    unit_price TEXT,
    currency TEXT,
    task TEXT,
    submitted_at REAL,
    billed INTEGER,
    uncertain INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    progress_message TEXT,
    posting_since REAL
) STRICT;

-- Covers `due_jobs` and `next_due` for live jobs, so that they do not read the table itself.
CREATE INDEX job_live ON job (created_at, id, not_before, lease_until, owner, told_at) WHERE told_at IS NULL;

-- The actions of members that created jobs, by every id under which a platform may deliver them.
CREATE TABLE event (
    id TEXT PRIMARY KEY,
    job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX event_job ON event (job);

CREATE TABLE reference (
    job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('bytes', 'data', 'url')),
    value TEXT NOT NULL,
    media_type TEXT,
    width INTEGER,
    height INTEGER,
    size_bytes INTEGER,
    PRIMARY KEY (job, position)
) STRICT, WITHOUT ROWID;
