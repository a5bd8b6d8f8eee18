-- What a member had filled into a form that was refused, so that it can be opened again.

ALTER TABLE draft ADD COLUMN verb TEXT NOT NULL DEFAULT 'edit';
ALTER TABLE draft ADD COLUMN fields TEXT NOT NULL DEFAULT '{}';
ALTER TABLE draft ADD COLUMN uploads TEXT NOT NULL DEFAULT '[]';
