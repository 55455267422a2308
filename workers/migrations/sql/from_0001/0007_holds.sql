-- A project under hold is not deleted. Why it is held is what somebody wrote: it dies with the project, as do the holds
-- that were released. Whoever places one locks the project FOR SHARE first, whoever deletes a project looks for a hold
-- after having locked it: of a hold and a deletion at the same time, one is refused.
CREATE TABLE retention.hold (
    hold_id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects.project ON DELETE CASCADE,
    reason text NOT NULL,
    held_by text NOT NULL,
    held_at timestamptz NOT NULL,
    released_by text,
    released_at timestamptz,
    release_reason text,
    CHECK ((released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (release_reason IS NULL))
);
CREATE UNIQUE INDEX hold_in_force ON retention.hold (project_id) WHERE released_at IS NULL;
CREATE INDEX hold_by_project ON retention.hold (project_id, held_at, hold_id);
CREATE INDEX hold_by_time ON retention.hold (held_at, hold_id) WHERE released_at IS NULL;

CREATE VIEW published.holds AS
    SELECT project_id, held_by, held_at, reason FROM retention.hold WHERE released_at IS NULL;

-- What expires next, found without walking over the exempt projects, which are the oldest there are.
CREATE INDEX project_by_expiry ON projects.project (created_at, id) WHERE NOT retention_exempt;
