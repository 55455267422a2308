-- What a description is sorted by, as a dictionary does and the same wherever the database runs: it is made by the
-- version that writes the words, because not every server knows the orders of languages, and theirs change with them.
ALTER TABLE projects.search ADD COLUMN described text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX search_by_description ON projects.search (described, created_at, project_id);

-- How far the texts of all projects were read again, and for which version of what is searched: one row.
CREATE TABLE projects.indexing (
    version integer PRIMARY KEY,
    after uuid NOT NULL
);
INSERT INTO projects.indexing VALUES (1, '00000000-0000-0000-0000-000000000000');
