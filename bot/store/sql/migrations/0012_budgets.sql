-- billed: what the operator was billed for the held images, or may have been; NULL while the hold is open.

ALTER TABLE hold ADD COLUMN billed INTEGER CHECK (billed >= 0);
UPDATE hold SET billed = coalesce((SELECT spend.images FROM spend WHERE spend.job = hold.job), 0) WHERE closed_at IS NOT NULL;

-- Covers `charged_since`.
CREATE INDEX hold_charged ON hold (held_at, billed, images);

-- What the operator was told of a budget in one day or month: `pictures` is its size, so that a larger one alerts anew.
CREATE TABLE budget_alert (
    budget_window TEXT NOT NULL,
    pictures INTEGER NOT NULL,
    percent INTEGER NOT NULL,
    alerted_at REAL NOT NULL,
    PRIMARY KEY (budget_window, pictures, percent)
) STRICT, WITHOUT ROWID;
