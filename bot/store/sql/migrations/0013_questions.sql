-- Questions to members, each answered at most once. `job` or `draft` is what a question is about; `choices` is a JSON list, and
-- `answer` one of them; `quote` is the JSON of what the answer may cost.

CREATE TABLE question (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    asked_of TEXT NOT NULL,
    choices TEXT NOT NULL,
    job TEXT REFERENCES job (id) ON DELETE CASCADE,
    draft TEXT REFERENCES draft (id) ON DELETE CASCADE,
    quote TEXT,
    asked_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    answer TEXT,
    answered_at REAL,
    CHECK ((answer IS NULL) = (answered_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX question_member ON question (asked_of, kind);
CREATE INDEX question_job ON question (job) WHERE job IS NOT NULL;
CREATE INDEX question_draft ON question (draft) WHERE draft IS NOT NULL;
CREATE INDEX question_expiry ON question (expires_at);
