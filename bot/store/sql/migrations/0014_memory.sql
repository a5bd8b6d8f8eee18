-- The last picture of each member in each place: files that came without words, as a JSON list, or a job.

CREATE TABLE last_picture (
    place TEXT NOT NULL,
    member TEXT NOT NULL,
    at REAL NOT NULL,
    attachments TEXT,
    job TEXT REFERENCES job (id) ON DELETE CASCADE,
    PRIMARY KEY (place, member),
    CHECK ((attachments IS NULL) <> (job IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX last_picture_age ON last_picture (at);
CREATE INDEX last_picture_job ON last_picture (job) WHERE job IS NOT NULL;

-- What a question is about before a request is complete: `partial` is the JSON of the request, until the question expires.
ALTER TABLE draft ADD COLUMN partial TEXT;
ALTER TABLE draft ADD COLUMN expires_at REAL;
CREATE INDEX draft_expiry ON draft (expires_at) WHERE expires_at IS NOT NULL;
