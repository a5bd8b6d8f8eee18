-- delete_old_questions: delete the questions that expired long ago
DELETE FROM question WHERE expires_at < :before;

-- find_open_question: the same question to the same member that is not answered yet
SELECT * FROM question
WHERE asked_of = :asked_of AND kind = :kind AND choices = :choices AND job IS :job AND draft IS :draft AND quote IS :quote
    AND place IS :place
    AND answer IS NULL AND expires_at > :now;

-- add_question: ask a question
INSERT INTO question (id, kind, asked_of, choices, job, draft, quote, place, asked_at, expires_at)
VALUES (:id, :kind, :asked_of, :choices, :job, :draft, :quote, :place, :now, :expires_at);

-- load_question: one question by its id
SELECT * FROM question WHERE id = :question;

-- open_question: the newest question that a member was asked in a place and can still answer
SELECT * FROM question
WHERE place = :place AND asked_of = :asked_of AND answer IS NULL AND expires_at > :now
ORDER BY asked_at DESC, id DESC LIMIT 1;

-- answer_question: answer an open question
UPDATE question SET answer = :answer, answered_at = :now
WHERE id = :question AND asked_of = :asked_of AND answer IS NULL AND expires_at > :now
RETURNING id;

-- reopen_question: as if it had not been answered, because the job that answered it was taken back
UPDATE question SET answer = NULL, answered_at = NULL WHERE id = :question;
