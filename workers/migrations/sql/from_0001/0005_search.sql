-- Made anew, and filled by the version that runs this: a line of words for each source, so that a search looks only
-- where its caller may; numbers of four letters instead of three and five; and the order of a page, so that a search
-- can walk along it.
DROP TABLE projects.search;
CREATE TABLE projects.search (
    project_id uuid PRIMARY KEY REFERENCES projects.project ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    words text NOT NULL,
    grams integer[] NOT NULL
);
CREATE INDEX search_by_creation ON projects.search (created_at, project_id);
CREATE INDEX search_by_grams ON projects.search USING gin (grams) WITH (gin_pending_list_limit = 1024);
