-- The pictures that each result message shows, so that a reply to it can refer to them. `pictures` is a JSON list of positions.

CREATE TABLE message (
    platform TEXT NOT NULL,
    message TEXT NOT NULL,
    job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    pictures TEXT NOT NULL,
    PRIMARY KEY (platform, message)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_job ON message (job);
