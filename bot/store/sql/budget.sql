-- charged_since: the images of jobs accepted since then: reserved, or billed or perhaps billed
SELECT coalesce(sum(coalesce(billed, images)), 0) AS charged FROM hold WHERE held_at >= :since;

-- wrong_charges: ended holds of which budgets count something else than what was billed
SELECT hold.job FROM hold
WHERE hold.closed_at IS NOT NULL
    AND hold.billed IS NOT (SELECT coalesce(sum(spend.images), 0) FROM spend WHERE spend.job = hold.job)
ORDER BY hold.job;

-- note_alert: record that the operator is told of a budget, once in its window
INSERT INTO budget_alert (budget_window, pictures, percent, alerted_at)
VALUES (:budget_window, :pictures, :percent, :now)
ON CONFLICT DO NOTHING
RETURNING percent;
