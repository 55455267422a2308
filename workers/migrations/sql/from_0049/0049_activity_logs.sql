-- Each store of activities is a tree of hashes (RFC 6962). `log` has the number of recorded entries, `tree` the edge of
-- the tree, `tile` its full parts, and `checkpoint` its signed states. Entries are numbered from 0.
ALTER TABLE audit.activity ADD COLUMN log_index bigint, ADD COLUMN hash bytea;
CREATE INDEX activity_by_log_index ON audit.activity USING brin (log_index)
    WITH (pages_per_range = 16, autosummarize = true);
ALTER TABLE audit.undelivered ADD COLUMN first_index bigint, ADD COLUMN hashes bytea;

CREATE TABLE audit.log (store text PRIMARY KEY, size bigint NOT NULL);
CREATE TABLE audit.tree (store text PRIMARY KEY, size bigint NOT NULL, edge bytea[] NOT NULL);
CREATE TABLE audit.tile (
    store text,
    level smallint,
    index bigint,
    hashes bytea NOT NULL,
    PRIMARY KEY (store, level, index)
);
CREATE TABLE audit.checkpoint (
    store text,
    size bigint,
    at timestamptz NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (store, size)
);
INSERT INTO audit.log VALUES ('incident_manager', 0), ('log_server', 0);
INSERT INTO audit.tree VALUES ('incident_manager', 0, '{}'), ('log_server', 0, '{}');

DROP VIEW audit.waiting;
