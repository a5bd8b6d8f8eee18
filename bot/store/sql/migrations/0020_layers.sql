-- Which part of a decomposed picture a picture is; NULL for any other, and for those that an earlier version kept.

ALTER TABLE picture ADD COLUMN layer_z INTEGER;
ALTER TABLE picture ADD COLUMN layer_name TEXT;
-- Left, top, right and bottom in pixels of the base, separated by spaces.
ALTER TABLE picture ADD COLUMN layer_box TEXT;
