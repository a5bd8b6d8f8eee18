-- Where a member was asked, so that words typed there can be the answer.

ALTER TABLE question ADD COLUMN place TEXT;
CREATE INDEX question_place ON question (place, asked_of) WHERE answer IS NULL;
