-- Images held for members, and what the operator was billed. There is no foreign key to `job`: the ledger outlives deleted jobs.

-- held = images - settled - released; by the CHECK, a hold can only be closed as a whole.
CREATE TABLE hold (
    job TEXT PRIMARY KEY,
    member TEXT NOT NULL,
    quota_window TEXT NOT NULL,
    granted INTEGER NOT NULL,
    images INTEGER NOT NULL CHECK (images > 0),
    settled INTEGER NOT NULL DEFAULT 0 CHECK (settled >= 0),
    released INTEGER NOT NULL DEFAULT 0 CHECK (released >= 0),
    held_at REAL NOT NULL,
    closed_at REAL,
    CHECK (settled + released = CASE WHEN closed_at IS NULL THEN 0 ELSE images END)
) STRICT, WITHOUT ROWID;

CREATE INDEX hold_account ON hold (member, quota_window, held_at);

CREATE TABLE spend (
    job TEXT PRIMARY KEY,
    member TEXT NOT NULL,
    workspace TEXT,
    gateway TEXT,
    model TEXT,
    images INTEGER NOT NULL CHECK (images >= 0),
    amount TEXT,
    currency TEXT,
    estimated INTEGER NOT NULL CHECK (estimated IN (0, 1)),
    spent_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
