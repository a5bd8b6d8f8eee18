-- The pictures that a form was opened with, until it is submitted or a day has passed.

CREATE TABLE draft (
    id TEXT PRIMARY KEY,
    member TEXT NOT NULL,
    attachments TEXT NOT NULL,
    message TEXT,
    platform TEXT NOT NULL,
    saved_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX draft_age ON draft (saved_at);
