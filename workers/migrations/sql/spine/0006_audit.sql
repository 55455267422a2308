CREATE SCHEMA audit;

CREATE TABLE audit.activity (
    event_id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    activity text NOT NULL,
    project_id uuid,
    command_id uuid,
    revision integer,
    details jsonb NOT NULL,
    PRIMARY KEY (event_id, at)
) PARTITION BY RANGE (at);
CREATE TABLE audit.activity_other PARTITION OF audit.activity DEFAULT;
CREATE INDEX activity_by_project ON audit.activity (project_id, at, event_id);

-- Entries that wait for the log server (LOG-06, LOG-07).
CREATE TABLE audit.waiting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    entry jsonb NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
