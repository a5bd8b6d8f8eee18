-- opening: the number of the foreign picture that is being opened. deaths: how often a process ended meanwhile. suspect: which
-- picture was open when one last did.

ALTER TABLE job ADD COLUMN opening INTEGER;
ALTER TABLE job ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN suspect INTEGER;
