-- Whether any pixel of a reference is transparent; NULL for those that were checked by an earlier version.

ALTER TABLE reference ADD COLUMN alpha INTEGER;
