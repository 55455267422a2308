-- The activity in a package comes with its places in the log, and with proofs against a signed state of its tree.
CREATE OR REPLACE VIEW published.activity AS
    SELECT event_id, at, actor, activity, project_id, revision, details, command_id, log_index FROM audit.activity;
CREATE VIEW published.log_checkpoints AS SELECT store, size, at, note FROM audit.checkpoint;
CREATE VIEW published.log_trees AS SELECT store, size, edge FROM audit.tree;
CREATE VIEW published.log_tiles AS SELECT store, level, index, hashes FROM audit.tile;

CREATE TABLE projects.export_entry (
    package_id uuid,
    log_index bigint,
    place integer NOT NULL,
    shown_hash bytea NOT NULL,
    PRIMARY KEY (package_id, log_index),
    FOREIGN KEY (package_id, place) REFERENCES projects.export_part ON DELETE CASCADE
);
CREATE INDEX export_entry_by_part ON projects.export_entry (package_id, place);

-- How large the log has to be in a checkpoint that proves all entries of a package that is being made.
CREATE VIEW published.requested_checkpoints AS
    SELECT e.package_id, newest.log_index + 1 AS size
    FROM projects.export e
    CROSS JOIN LATERAL (
        SELECT log_index FROM projects.export_entry x WHERE x.package_id = e.package_id ORDER BY log_index DESC LIMIT 1
    ) AS newest
    WHERE e.finished_at IS NULL;
