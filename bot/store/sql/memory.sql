-- remember_files: note files as the last picture, unless something newer is known
INSERT INTO last_picture (place, member, at, attachments) VALUES (:place, :member, :at, :attachments)
ON CONFLICT (place, member) DO UPDATE SET at = excluded.at, attachments = excluded.attachments, job = NULL
WHERE last_picture.at <= excluded.at;

-- remember_job: note a job as the last picture, unless something newer is known
INSERT INTO last_picture (place, member, at, job) VALUES (:place, :member, :at, :job)
ON CONFLICT (place, member) DO UPDATE SET at = excluded.at, attachments = NULL, job = excluded.job
WHERE last_picture.at <= excluded.at;

-- forget_old: delete what is too old to be meant
DELETE FROM last_picture WHERE at < :before;

-- last_picture: the last picture of a member in a place
SELECT * FROM last_picture WHERE place = :place AND member = :member;
