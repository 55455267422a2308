-- What witnesses outside the site have said about checkpoints is only added to; which of them are configured, and which
-- fail, is the state of the process that asks them.
CREATE TABLE audit.witness (
    name text PRIMARY KEY,
    kind text NOT NULL,
    failing_since timestamptz,
    problem text
);
CREATE TABLE audit.attestation (
    store text,
    size bigint,
    witness text,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (store, size, witness)
);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.attestation
    EXECUTE FUNCTION audit.refuse_change();
