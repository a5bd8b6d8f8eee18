-- mark_unusable: a gateway does not have a model; changes nothing while an earlier mark holds for the same reason
INSERT INTO gateway_health (gateway, model, state, reason, since, until)
VALUES (:gateway, :model, 'unusable', :reason, :since, :until)
ON CONFLICT (gateway, model) DO UPDATE
SET state = excluded.state, reason = excluded.reason, since = excluded.since, until = excluded.until
WHERE until <= excluded.since OR reason <> excluded.reason
RETURNING gateway;

-- clear_unusable: the gateway has the model after all
DELETE FROM gateway_health WHERE gateway = :gateway AND model = :model RETURNING gateway;

-- unusable_models: the marks that hold
SELECT gateway, model, reason, since, until FROM gateway_health WHERE until > :now ORDER BY gateway, model;
