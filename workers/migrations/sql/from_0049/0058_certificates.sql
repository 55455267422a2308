-- What was erased and has no certificate yet: one row for a sweep, a deletion by hand or a redaction, and its projects.
CREATE TABLE retention.destruction (
    destruction_id uuid PRIMARY KEY,
    kind text NOT NULL,
    erased_from timestamptz NOT NULL,
    erased_until timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    ended boolean NOT NULL,
    rule jsonb NOT NULL,
    field text
);
CREATE TABLE retention.destroyed (
    destruction_id uuid REFERENCES retention.destruction ON DELETE CASCADE,
    event_id uuid,
    at timestamptz NOT NULL,
    numbers bigint[] NOT NULL,
    PRIMARY KEY (destruction_id, event_id)
);

-- The certificates of destruction, as they were signed. They name no person, and nothing that anybody wrote.
CREATE TABLE retention.certificate (
    number bigint PRIMARY KEY CHECK (number > 0),
    destruction_id uuid NOT NULL,
    part integer NOT NULL,
    kind text NOT NULL,
    erased_until timestamptz NOT NULL,
    overwritten_at timestamptz,
    issued_at timestamptz NOT NULL,
    count bigint NOT NULL,
    projects int8multirange NOT NULL,
    content bytea NOT NULL,
    signature bytea NOT NULL,
    key bytea NOT NULL,
    UNIQUE (destruction_id, part)
);
CREATE INDEX certificate_by_project ON retention.certificate USING gist (projects);
CREATE INDEX certificate_without_cleanup ON retention.certificate (erased_until) WHERE overwritten_at IS NULL;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON retention.certificate
    EXECUTE FUNCTION audit.refuse_change();

-- When that clean-up was complete, and when it was last seen that nothing was deleted since.
ALTER TABLE retention.last_erasure ADD COLUMN completed_at timestamptz, ADD COLUMN clean_at timestamptz;
