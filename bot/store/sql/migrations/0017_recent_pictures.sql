-- The last few pictures of each member in each place: where the newest came to nothing, the one before it is meant again.

CREATE TABLE recent_picture (
    id INTEGER PRIMARY KEY,
    place TEXT NOT NULL,
    member TEXT NOT NULL,
    at REAL NOT NULL,
    attachments TEXT,
    job TEXT REFERENCES job (id) ON DELETE CASCADE,
    CHECK ((attachments IS NULL) <> (job IS NULL))
) STRICT;

INSERT INTO recent_picture (place, member, at, attachments, job)
SELECT place, member, at, attachments, job FROM last_picture;

DROP TABLE last_picture;

CREATE INDEX recent_picture_place ON recent_picture (place, member, at);
CREATE INDEX recent_picture_age ON recent_picture (at);
CREATE INDEX recent_picture_job ON recent_picture (job) WHERE job IS NOT NULL;
