-- charged_since: the images of jobs accepted since then: reserved, or billed or perhaps billed
SELECT coalesce(sum(coalesce(billed, images)), 0) AS charged FROM hold WHERE held_at >= :since;

-- note_alert: record that the operator is told of a budget, once in its window
INSERT INTO budget_alert (budget_window, pictures, percent, alerted_at)
VALUES (:budget_window, :pictures, :percent, :now)
ON CONFLICT DO NOTHING
RETURNING percent;
