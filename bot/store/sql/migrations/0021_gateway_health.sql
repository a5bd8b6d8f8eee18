-- What a gateway says of one of its models: unusable until a moment, because it does not have it.

CREATE TABLE gateway_health (
    gateway TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state = 'unusable'),
    reason TEXT NOT NULL,
    since REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (gateway, model)
) STRICT, WITHOUT ROWID;
