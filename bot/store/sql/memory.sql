-- remember_picture: note files or a job as a picture of a member; the same files of the same message once
INSERT INTO recent_picture (place, member, at, attachments, job)
SELECT :place, :member, :at, :attachments, :job
WHERE NOT EXISTS (
    SELECT 1 FROM recent_picture
    WHERE place = :place AND member = :member AND at = :at AND attachments = :attachments
);

-- forget_older: keep so many pictures of a member in a place
DELETE FROM recent_picture
WHERE id IN (
    SELECT id FROM recent_picture WHERE place = :place AND member = :member ORDER BY at DESC, id DESC LIMIT -1 OFFSET :most
);

-- forget_old: delete what is too old to be meant
DELETE FROM recent_picture WHERE at < :before;

-- recent_pictures: the last pictures of a member in a place, newest first
SELECT * FROM recent_picture WHERE place = :place AND member = :member ORDER BY at DESC, id DESC;
