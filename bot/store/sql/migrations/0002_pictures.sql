-- The pictures that gateways made, one row per picture.

CREATE TABLE picture (
    job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('announced', 'stored', 'missing')),
    address TEXT,
    blob TEXT,
    media_type TEXT,
    width INTEGER,
    height INTEGER,
    size_bytes INTEGER,
    error TEXT,
    PRIMARY KEY (job, position)
) STRICT, WITHOUT ROWID;
