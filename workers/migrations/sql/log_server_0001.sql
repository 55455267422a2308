CREATE TABLE IF NOT EXISTS entry (
    event_id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    activity text NOT NULL,
    project_id uuid,
    command_id uuid,
    revision integer,
    details jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS entry_by_time ON entry (at, event_id);
CREATE INDEX IF NOT EXISTS entry_by_actor ON entry (actor, at, event_id);
CREATE INDEX IF NOT EXISTS entry_by_activity ON entry (activity, at, event_id);
