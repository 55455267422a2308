-- Every filter and sort of projects.list walks an index of its own in the order of the page. Categories are assigned
-- to some projects only, so their indexes cost nothing while a project has none.
CREATE INDEX project_by_creator ON projects.project (created_by, created_at, id);
CREATE INDEX project_by_start ON projects.project (start_time, created_at, id);
CREATE INDEX project_by_end ON projects.project (end_time, created_at, id);
CREATE INDEX project_by_update ON projects.project (updated_at, created_at, id);
CREATE INDEX project_by_category_1 ON projects.project (category_1, created_at, id) WHERE category_1 IS NOT NULL;
CREATE INDEX project_by_category_2 ON projects.project (category_2, created_at, id) WHERE category_2 IS NOT NULL;
CREATE INDEX project_by_category_3 ON projects.project (category_3, created_at, id) WHERE category_3 IS NOT NULL;
CREATE INDEX project_by_category_4 ON projects.project (category_4, created_at, id) WHERE category_4 IS NOT NULL;
CREATE INDEX project_by_category_5 ON projects.project (category_5, created_at, id) WHERE category_5 IS NOT NULL;

-- Which cameras' recordings a project has, once each, with the project's date: a page of one camera is a walk too.
CREATE TABLE projects.camera (
    project_id uuid REFERENCES projects.project ON DELETE CASCADE,
    camera_id text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, camera_id)
);
CREATE INDEX camera_by_creation ON projects.camera (camera_id, created_at, project_id);
INSERT INTO projects.camera
    SELECT DISTINCT s.project_id, s.camera_id, p.created_at
    FROM projects.sequence s JOIN projects.project p ON p.id = s.project_id;

-- What is searched: each word of a project once, without accents and case, with a space on either side; and a number
-- for every three and every five letters that follow each other in one of them.
CREATE TABLE projects.search (
    project_id uuid PRIMARY KEY REFERENCES projects.project ON DELETE CASCADE,
    words text NOT NULL,
    grams integer[] NOT NULL
);
CREATE INDEX search_by_grams ON projects.search USING gin (grams) WITH (gin_pending_list_limit = 1024);
