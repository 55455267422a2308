-- The values of projects' data are beside the entries of the activity, not in them: an entry has a salted hash of its
-- values. So they can go with their project, and the tree of hashes still verifies.
CREATE TABLE audit.entry_values (
    event_id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    project_id uuid NOT NULL,
    salt bytea NOT NULL,
    content jsonb NOT NULL
);
CREATE INDEX entry_values_by_project ON audit.entry_values (project_id);
CREATE INDEX entry_values_by_time ON audit.entry_values USING brin (at);
ALTER TABLE audit.entry_values ALTER COLUMN salt SET STATISTICS 0, ALTER COLUMN content SET STATISTICS 0;
ALTER TABLE audit.entry_values SET (autovacuum_vacuum_threshold = 5, autovacuum_vacuum_scale_factor = 0.05);

-- Values go in the transaction that deletes their project. Audit forgets again when it hears of it: it may have written
-- some meanwhile.
CREATE FUNCTION audit.forget_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM audit.entry_values v USING deleted d WHERE v.project_id = d.project_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_values AFTER INSERT ON projects.tombstone
    REFERENCING NEW TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION audit.forget_deleted();

-- Whether some rule keeps projects for at least 183 days. By CNIL's recommendation, logs have no personal data of what
-- is kept for a shorter time. A policy that counts from a closing or from the end of a year has no shorter limit.
CREATE VIEW published.log_contents AS
    SELECT retention_days >= 183 OR EXISTS (
        SELECT FROM published.retention_policies
        WHERE exempt OR counted_from IN ('closing', 'year-end') OR years * 365 + days >= 183
    ) AS has_values
    FROM published.settings;

CREATE FUNCTION audit.with_values(details jsonb, content jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT (details - 'values_hash') || coalesce(content - 'changed', '{}') || CASE
        WHEN content ? 'changed' THEN jsonb_build_object('changed', details -> 'changed' || (content -> 'changed'))
        ELSE '{}'
    END
$$;

CREATE OR REPLACE VIEW published.activity AS
    SELECT a.event_id, a.at, a.actor, a.activity, a.project_id, a.revision,
        audit.with_values(a.details, v.content) AS details, a.command_id, a.log_index,
        a.details AS recorded_details, v.salt AS values_salt, v.content AS values
    FROM audit.activity a LEFT JOIN audit.entry_values v USING (event_id);
