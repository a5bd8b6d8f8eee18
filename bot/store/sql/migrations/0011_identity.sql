-- Which database this is, and how often it was started: the data folder keeps the same beside it, and an older copy knows less.
-- before: the starts that it knew of before the present one.

CREATE TABLE identity (
    id TEXT NOT NULL,
    starts INTEGER NOT NULL,
    before INTEGER NOT NULL
) STRICT;

INSERT INTO identity (id, starts, before) VALUES (lower(hex(randomblob(8))), 0, 0);
